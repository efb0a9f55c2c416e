/** Where `.env` is looked for, and the programs themselves. */
import { dirname, fromFileUrl } from "@std/path";

/** The directory of main.ts; of a binary, the one that it lies in. */
export function projectDirectory(): string {
  if (Deno.build.standalone) return dirname(Deno.execPath());
  return dirname(dirname(fromFileUrl(import.meta.url)));
}
