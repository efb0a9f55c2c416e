import { assertEquals, assertRejects } from "@std/assert";
import type { Disk, DiskFile } from "../../../lib/disk/disk.ts";
import { Flusher } from "../../../lib/disk/flusher.ts";
import { LineWriter } from "../../../lib/disk/line_writer.ts";

/** A file that has no room for some lines, and must be open when it is flushed. */
class SmallFile {
  readonly lines: string[] = [];
  flushes = 0;
  #closed = false;

  write(bytes: Uint8Array): void {
    const line = new TextDecoder().decode(bytes).trimEnd();
    if (line.startsWith("long")) throw new Error("No space left on device");
    this.lines.push(line);
  }

  flush(): void {
    if (this.#closed) throw new Error("Bad resource ID");
    this.flushes++;
  }

  close(): void {
    this.#closed = true;
  }
}

function open() {
  const file = new SmallFile();
  const flusher = new Flusher({} as Disk, "full");
  const gathered = Promise.withResolvers<void>();
  const lines = new LineWriter(
    "the file",
    file as unknown as DiskFile,
    flusher,
    () => gathered.promise,
  );
  return { file, flusher, lines, gathered: gathered.resolve };
}

Deno.test("append(): lines that come together share a flush", async () => {
  const { file, lines, gathered } = open();
  const all = Promise.all([lines.append("a"), lines.add("b"), lines.append("c")]);
  gathered();
  await all;
  assertEquals([file.lines, file.flushes], [["a", "b", "c"], 1]);
});

Deno.test("append() rejects only when the file can be closed: no flush of it comes any more", async () => {
  const { file, flusher, lines, gathered } = open();
  const failed = assertRejects(() => lines.append("long"), Error, "No space left").then(() =>
    file.close()
  );
  setTimeout(gathered);
  await failed;
  await lines.idle();
  assertEquals(flusher.failure, undefined);
});

Deno.test("append(): a line that was written is durable although one beside it was not", async () => {
  const { file, lines, gathered } = open();
  const written = lines.append("a");
  const broken = assertRejects(() => lines.append("long"), Error, "No space left");
  const after = assertRejects(() => lines.append("b"), Error, "it broke off at an earlier line");
  gathered();
  await Promise.all([written, broken, after]);
  assertEquals([file.lines, file.flushes], [["a"], 1]);
});
