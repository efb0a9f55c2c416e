import type { DiskFile } from "./disk.ts";

const LINE_FEED = 0x0a;

/**
 * The lines at the end of a file of lines, about so many bytes: what else it has grown to costs
 * nothing. The first line is whole, unless it alone is longer than the limit.
 *
 * @param limit bytes; a file that is no longer is read whole
 */
export async function readLastLines(file: DiskFile, limit: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (size <= limit) return await file.read(size);
  // With the byte before: where that ends a line, the first one is whole.
  const end = await file.read(limit + 1, size - limit - 1);
  return end.subarray(end.indexOf(LINE_FEED) + 1);
}
