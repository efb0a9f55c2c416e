import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArtifactStore, callMaker } from "../../../lib/agent/artifact_store.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import { MemoryArtifacts } from "./agent_fixture.ts";

const BYTES = new TextEncoder().encode("x");

Deno.test("ArtifactStore replaces a maker's own file and keeps another maker's", async () => {
  const store = new ArtifactStore(new MemoryArtifacts(), "task-1", []);
  assertEquals(await store.write("1/a", "step-1-1", "x.png", BYTES), "x.png");
  assertEquals(await store.write("1/a", "step-1-1", "x.png", BYTES), "x.png");
  assertEquals(await store.write("1/b", "step-1-2", "x.png", BYTES), "step-1-2-x.png");
  assertEquals(await store.list(), ["step-1-2-x.png", "x.png"]);
});

Deno.test("ArtifactStore knows from the journal what was made before", async () => {
  const finished: JournalEntry = {
    at: "2026-01-01T00:00:00.000Z",
    type: "tool_finished",
    step: 1,
    call_id: "a",
    output: "",
    duration_ms: 1,
    artifacts: ["result.md"],
  };
  const store = new ArtifactStore(new MemoryArtifacts(), "task-1", [finished]);
  assertEquals(await store.write(callMaker(1, "a"), "step-1-1", "result.md", BYTES), "result.md");
  assertEquals(await store.write("result", "task", "result.md", BYTES), "task-result.md");
});

Deno.test("ArtifactStore keeps the end of a name that grows too long", async () => {
  const store = new ArtifactStore(new MemoryArtifacts(), "task-1", []);
  const name = "a".repeat(96) + ".png";
  await store.write("1/a", "step-1-1", name, BYTES);
  const other = await store.write("1/b", "step-1-2", name, BYTES);
  assertEquals(other.length, 100);
  assert(other.startsWith("step-1-2-aaa") && other.endsWith(".png"), other);
});

Deno.test("ArtifactStore throws a RangeError for what is no artifact's name", async () => {
  const store = new ArtifactStore(new MemoryArtifacts(), "task-1", []);
  await assertRejects(() => store.write("1/a", "step-1-1", "../x", BYTES), RangeError);
});
