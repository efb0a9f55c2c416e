import { assertEquals } from "@std/assert";
import { ServiceLog } from "../../../../lib/cli/start/service_log.ts";
import { DenoDisk } from "../../../../lib/disk/deno_disk.ts";
import { Layout } from "../../../../lib/disk/layout.ts";
import { TempDir } from "../../../support/storage_fixture.ts";

function placeOf(dir: TempDir) {
  return { disk: new DenoDisk(), layout: new Layout(dir.path) };
}

function streamOf(...pieces: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
}

Deno.test("take() goes on in the log that is there, for the user's eyes alone", async () => {
  await using dir = await TempDir.make();
  for (const text of ["one\n", "two\n"]) {
    const log = await ServiceLog.open(placeOf(dir));
    await log.take(streamOf(text));
  }
  const path = `${dir.path}/service.log`;
  assertEquals(Deno.readTextFileSync(path), "one\ntwo\n");
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
});

Deno.test("take() keeps one full log besides, and never more", async () => {
  await using dir = await TempDir.make();
  const log = await ServiceLog.open(placeOf(dir), 8);
  await log.take(streamOf("line 1\n", "line 2\n", "line 3\n", "line 4\n", "line 5\n"));
  const names = [...Deno.readDirSync(dir.path)].map(({ name }) => name).sort();
  assertEquals(names, ["service.log", "service.log.1"]);
  assertEquals(Deno.readTextFileSync(`${dir.path}/service.log.1`), "line 3\nline 4\n");
  assertEquals(Deno.readTextFileSync(`${dir.path}/service.log`), "line 5\n");
  assertEquals(Deno.statSync(`${dir.path}/service.log`).mode! & 0o777, 0o600);
});

Deno.test("take() begins a new log where the one that is there is full", async () => {
  await using dir = await TempDir.make();
  Deno.writeTextFileSync(`${dir.path}/service.log`, "an old line\n");
  const log = await ServiceLog.open(placeOf(dir), 8);
  await log.take(streamOf("new\n"));
  assertEquals(Deno.readTextFileSync(`${dir.path}/service.log.1`), "an old line\n");
  assertEquals(Deno.readTextFileSync(`${dir.path}/service.log`), "new\n");
});

for (
  const [pieces, last] of [
    [[], ""],
    [["one\n", "two\n\n  \n"], "two"],
    [["cut in", " two\nand not", " ended"], "and not ended"],
    [["wide   columns\t here\n"], "wide columns here"],
    [["x".repeat(5000) + "\n"], "x".repeat(1000)],
  ] as const
) {
  Deno.test(`lastLine is ${JSON.stringify(last).slice(0, 30)} after ${pieces.length} pieces`, async () => {
    await using dir = await TempDir.make();
    const log = await ServiceLog.open(placeOf(dir));
    await log.take(streamOf(...pieces));
    assertEquals(log.lastLine, last);
  });
}
