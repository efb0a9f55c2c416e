import { assertEquals, assertRejects } from "@std/assert";
import { FileArtifacts } from "../../../lib/artifacts/file_artifacts.ts";
import { openTestStorage, TempDir } from "../../support/storage_fixture.ts";
import { bytes, testArtifactsContract } from "./artifacts_contract.ts";

testArtifactsContract("files", async (test) => {
  await using dir = await TempDir.make();
  const one = await openTestStorage(dir.path, { durability: "full" });
  const other = await openTestStorage(dir.path);
  await test({ artifacts: one.artifacts, other: other.artifacts });
  assertEquals([...Deno.readDirSync(one.layout.tmp)], []);
});

Deno.test("read() follows no link", async () => {
  await using dir = await TempDir.make();
  const { artifacts, layout } = await openTestStorage(dir.path);
  await artifacts.write("x", "a.txt", bytes("a"));
  Deno.symlinkSync("/etc/hostname", `${layout.artifacts}/x/link`);
  assertEquals(await artifacts.read("x", "link"), undefined);
  assertEquals(await artifacts.size("x", "link"), undefined);
  assertEquals(await artifacts.list("x"), ["a.txt"]);
});

Deno.test("remove() removes all that one task has, and nothing of another", async () => {
  await using dir = await TempDir.make();
  const { disk, flusher, layout } = await openTestStorage(dir.path);
  const artifacts = new FileArtifacts({ disk, flusher, layout });
  for (const [id, name] of [["x", "a.txt"], ["x", "b.txt"], ["xx", "a.txt"]] as const) {
    await artifacts.write(id, name, bytes("one"));
  }
  await artifacts.remove("x");
  await artifacts.remove("x");
  assertEquals([...Deno.readDirSync(layout.artifacts)].map(({ name }) => name), ["xx"]);
  assertEquals(await artifacts.list("xx"), ["a.txt"]);
});

Deno.test("a link in the place of a task's directory leads nowhere, and remove() takes only the link", async () => {
  await using dir = await TempDir.make();
  const { disk, flusher, layout } = await openTestStorage(`${dir.path}/persistent`);
  const artifacts = new FileArtifacts({ disk, flusher, layout });
  Deno.mkdirSync(`${dir.path}/outside`);
  Deno.writeTextFileSync(`${dir.path}/outside/kept.txt`, "kept");
  Deno.symlinkSync(`${dir.path}/outside`, `${layout.artifacts}/x`);
  assertEquals(await artifacts.list("x"), []);
  assertEquals(await artifacts.read("x", "kept.txt"), undefined);
  assertEquals(await artifacts.size("x", "kept.txt"), undefined);
  await assertRejects(
    () => artifacts.write("x", "new.txt", bytes("new")),
    Error,
    `cannot keep an artifact: "${layout.artifacts}/x" is no directory; move it away`,
  );
  await artifacts.remove("x");
  assertEquals([...Deno.readDirSync(layout.artifacts)], []);
  assertEquals([...Deno.readDirSync(`${dir.path}/outside`)].map(({ name }) => name), ["kept.txt"]);
});
