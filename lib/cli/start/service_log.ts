/** What the service says, in a file that does not grow without end. */
import { join } from "@std/path";
import type { DiskFile } from "../../disk/disk.ts";
import type { Storage } from "../../open_storage.ts";

/** A log of this size becomes `service.log.1`, in the place of the one that was it. Bytes. */
const FULL_BYTES = 4 * 1024 * 1024;
const LINE_LENGTH = 1000;

type Place = Pick<Storage, "disk" | "layout">;

/** `service.log` beside the tasks, readable for the user alone; at most so much twice. */
export class ServiceLog {
  readonly path: string;
  /** The last line with words in it; empty before there was one. */
  lastLine = "";
  #line = "";
  #size: number;

  private constructor(
    private readonly place: Place,
    private file: DiskFile,
    size: number,
    private readonly fullBytes: number,
  ) {
    this.path = pathOf(place);
    this.#size = size;
  }

  /** Goes on in the log that is there. */
  static async open(place: Place, fullBytes: number = FULL_BYTES): Promise<ServiceLog> {
    const file = await openFile(place);
    return new ServiceLog(place, file, (await file.stat()).size, fullBytes);
  }

  /** Writes down a whole stream, then closes the file. What cannot be written is lost. */
  async take(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.#remember(decoder.decode(bytes, { stream: true }));
      try {
        if (this.#size >= this.fullBytes) await this.#turnOver();
        await this.file.write(bytes);
        this.#size += bytes.length;
      } catch {
        // A full disk, mostly: the service says the same, and goes on.
      }
    }
    this.#remember("\n");
    this.file.close();
  }

  #remember(text: string): void {
    const lines = (this.#line + text).split("\n");
    this.#line = (lines.pop() ?? "").slice(0, LINE_LENGTH);
    const last = lines.findLast((line) => line.trim() !== "");
    if (last !== undefined) this.lastLine = last.trim().replace(/\s+/g, " ").slice(0, LINE_LENGTH);
  }

  async #turnOver(): Promise<void> {
    await this.place.disk.rename(this.path, `${this.path}.1`);
    const full = this.file;
    this.file = await openFile(this.place);
    full.close();
    this.#size = 0;
  }
}

function pathOf({ layout }: Place): string {
  return join(layout.root, "service.log");
}

async function openFile(place: Place): Promise<DiskFile> {
  const path = pathOf(place);
  const file = await place.disk.create(path) ?? await place.disk.open(path, "append");
  if (file === undefined) throw new Error(`Cannot open the log "${path}": it has just gone`);
  return file;
}
