/** Ten thousand hostile files in pending/: each ends in its right place, bytes kept, no crash. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Storage } from "../../lib/open_storage.ts";
import { MAX_RECORD_BYTES } from "../../lib/task/record.ts";
import { CapturedLog } from "../support/captured_log.ts";
import { eventually } from "../support/eventually.ts";
import { openTestStorage, TempDir } from "../support/storage_fixture.ts";
import { type HostileFile, hostileFile, PROMPT } from "./hostile_task_file.ts";

const FILES_A_ROUND = 250;
const ROUNDS = 40;
/** No file is given its ten seconds: as if each had been there for long. */
const LATER_MS = 60_000;
const USAGE = {
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
};

/** A file that was put into pending/. */
interface Placed extends HostileFile {
  readonly name: string;
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

function place({ layout }: Storage, files: readonly HostileFile[]): Placed[] {
  // Two bad names may be the same one: then one file replaces the other, as a producer's mv does.
  const placed = new Map<string, Placed>();
  for (const [index, file] of files.entries()) {
    const name = `${file.stem ?? `task-${index}`}.json`;
    placed.set(name, { ...file, name });
  }
  for (const { name, bytes } of placed.values()) {
    Deno.writeFileSync(`${layout.tmp}/placing`, bytes);
    Deno.renameSync(`${layout.tmp}/placing`, `${layout.state("pending")}/${name}`);
  }
  return [...placed.values()];
}

/** Completes whatever can be claimed until nothing can. */
async function workOff({ queue }: Storage): Promise<void> {
  const stop = new AbortController();
  const working = (async () => {
    for (let task; (task = await queue.claim(stop.signal)) !== undefined;) {
      await task.start();
      await task.finish({ kind: "completed", result: "ok", artifacts: [], usage: USAGE });
    }
  })();
  try {
    await eventually("nothing left to do", async () => {
      const { running, due } = await queue.outstanding();
      return running + due === 0;
    });
  } finally {
    stop.abort();
    await working;
  }
}

/** What there is of a file by now: its fate, and whether its bytes are kept. */
function fateOf(storage: Storage, { name, stem, bytes }: Placed, byName: Map<string, string>) {
  const { layout } = storage;
  const id = stem === undefined ? name.slice(0, -5) : byName.get(name);
  const read = (path: string) => {
    try {
      return Deno.readFileSync(path);
    } catch {
      return undefined;
    }
  };
  const isKept = (path: string) => {
    const kept = read(path);
    return kept !== undefined && kept.length === bytes.length &&
      kept.every((b, i) => b === bytes[i]);
  };
  const fates = [
    ...(isKept(`${layout.state("pending")}/${name}`) ? ["left"] : []),
    ...(read(`${layout.task("completed", id ?? "none")}`) === undefined ? [] : ["done"]),
    ...(isKept(`${layout.state("failed")}/${id}.original`) ? ["rejected"] : []),
  ];
  return fates.join(" and ") || "lost";
}

/** Which id a file with a bad name got: the record's message names it. */
function idsOfBadNames({ layout }: Storage): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names(layout.state("failed")).filter((name) => name.endsWith(".json"))) {
    const { id, error } = JSON.parse(Deno.readTextFileSync(`${layout.state("failed")}/${name}`));
    assertEquals(error.code, "invalid_task", name);
    const quoted = /^the file name (".*") is no task id: expected 1 to 64 of/.exec(error.message);
    if (quoted?.[1] !== undefined) found.set(JSON.parse(quoted[1]), id);
  }
  return found;
}

/** How many tasks of a conversation have ended. */
function endedOf({ layout }: Storage, conversation_id: string): number {
  return (["completed", "failed"] as const).flatMap((state) =>
    names(layout.state(state)).filter((name) => name.endsWith(".json"))
      .map((name) => JSON.parse(Deno.readTextFileSync(`${layout.state(state)}/${name}`)))
  ).filter((record) => record.conversation_id === conversation_id).length;
}

async function checkRound(files: readonly HostileFile[]): Promise<void> {
  await using dir = await TempDir.make();
  await using log = await CapturedLog.start();
  const storage = await openTestStorage(dir.path, { now: () => Date.now() + LATER_MS });
  try {
    const tree = names(dir.path);
    const placed = place(storage, files);
    await workOff(storage);
    const byName = idsOfBadNames(storage);
    for (const file of placed) {
      const fate = fateOf(storage, file, byName);
      const said = new TextDecoder().decode(file.bytes.subarray(0, 200));
      const fits = file.fate === "any" ? /^(left|done|rejected)$/.test(fate) : fate === file.fate;
      assert(fits, `${file.kind}: ${fate} instead of ${file.fate}: ${file.name} ${said}`);
    }
    for (const { name, fate } of placed) {
      if (fate !== "done") continue;
      const path = storage.layout.task("completed", name.slice(0, -5));
      const { prompt, result } = JSON.parse(Deno.readTextFileSync(path));
      assertEquals([prompt, result], [PROMPT, "ok"], name);
    }
    const told = names(`${storage.layout.notifications}/c1`);
    assertEquals(told.length, endedOf(storage, "c1"), "one notification each");
    assertEquals(names(storage.layout.state("running")), []);
    storage.queue.close();
    assertEquals(names(storage.layout.tmp), []);
    assertEquals(names(dir.path), tree, "something was written beside the tree");
    // One word about each that was left, and no fault of the engine's.
    assertEquals(log.lines.filter((line) => /^(error|fatal): /.test(line)), []);
    for (const { fate, name } of placed) {
      if (fate === "left") assertEquals(log.about(`pending/${name} is left`).length, 1, name);
    }
  } finally {
    storage.close();
  }
}

Deno.test("each of 10,000 hostile files in pending/ ends in its right place with its bytes kept", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileFile, { minLength: FILES_A_ROUND, maxLength: FILES_A_ROUND, size: "max" }),
      checkRound,
    ),
    { numRuns: ROUNDS, endOnFailure: true },
  );
});

Deno.test("a file of just 1 MiB is a task, one byte more is none", async () => {
  const text = '{"conversation_id":"c1","prompt":"Check the weather in Oslo","x":""}';
  const of = (length: number) => text.replace('""', `"${"y".repeat(length - text.length)}"`);
  const encoder = new TextEncoder();
  await checkRound([
    { kind: "1 MiB", fate: "done", bytes: encoder.encode(of(MAX_RECORD_BYTES)) },
    { kind: "1 MiB + 1", fate: "rejected", bytes: encoder.encode(of(MAX_RECORD_BYTES + 1)) },
  ]);
});
