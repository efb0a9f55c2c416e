/** The part of the matrix in which a service comes and goes: it is killed while it starts. */
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { Layout } from "../../lib/disk/layout.ts";
import { startModelServer } from "../support/model_server.ts";
import { type ProgramOptions, startProgram } from "../support/program.ts";
import { end } from "../support/scene.ts";
import { TempDir } from "../support/storage_fixture.ts";
import type { CrashPlan } from "./crash_plan.ts";
import { died, startDoomed } from "./doomed.ts";
import { describeSeen, lookAt, names } from "./look.ts";
import { idOf, momentsOf, readCalls, type Row } from "./places.ts";

export const START = "A service starts in an empty directory, and leaves";

/** A row, and whether what comes after was looked at. */
export interface StartRow extends Row {
  readonly isRecovered: boolean;
}

/**
 * Kills a service at every point of its start.
 *
 * @param isPicked which of them are also started again, by their number: each costs a process
 */
export async function runStarts(
  project: string,
  isPicked: (n: number) => boolean,
): Promise<StartRow[]> {
  await using model = await startModelServer(() => ({ text: "done" }));
  await using base = await TempDir.make();
  const TOOLS_FILE = join(base.path, "tools.json");
  await Deno.writeTextFile(TOOLS_FILE, "{}");
  const world = { project, env: { OPENAI_BASE_URL: model.base_url, TOOLS_FILE } };
  const root = join(base.path, "starts");
  // There already, so that all of them find the same.
  await Deno.mkdir(root);
  const plan = {
    root,
    act: "start",
    tools_directory: join(project, "no-tools"),
    armed: true,
  } as const;
  const record = join(base.path, "record.jsonl");
  await startDoomed(project, { ...plan, ids: [idOf(0)], record, stops: {} }, {}).ended;

  const places = readCalls(record).flatMap(momentsOf);
  const ids = places.map((_, i) => idOf(i + 1));
  const stops = Object.fromEntries(ids.map((id, i) => [id, places[i]!.point]));
  const doom: CrashPlan = { ...plan, ids, stops };
  await died(startDoomed(project, doom, {}), doom);

  const rows: StartRow[] = [];
  for (const [i, { text }] of places.entries()) {
    const directory = join(root, ids[i]!);
    const killed = describeTree(directory);
    const isRecovered = isPicked(i);
    const { recovered, verdict } = isRecovered
      ? await startAgain(world, directory)
      : { recovered: "", verdict: "" };
    rows.push({ scenario: START, point: text, killed, recovered, verdict, isRecovered });
  }
  return rows;
}

function describeTree(root: string): string {
  const all = new Layout(root).directories();
  const there = all.filter((path) => existsSync(path)).length;
  const presence = names(join(root, "services")).length;
  return `${there} of ${all.length} directories${presence > 0 ? "; presence file" : ""}`;
}

/** The real service, with one task that another program hands in. */
async function startAgain(world: ProgramOptions, root: string) {
  const pending = join(root, "tasks", "pending");
  await Deno.mkdir(pending, { recursive: true });
  const task = JSON.stringify({ conversation_id: "c-p9999", prompt: "Do it." });
  await Deno.writeTextFile(join(pending, "p9999.json"), task);
  const { code } = await end(startProgram("background", ["--drain", "--dir", root], world));
  const seen = lookAt(root, "p9999");
  const left = names(join(root, "services")).length;
  const isFine = code === 0 && seen.states.join() === "completed" &&
    seen.told.join() === "completed" && left === 0;
  return {
    recovered: describeSeen({ ...seen, journal: [] }),
    verdict: isFine ? "ok" : `exit code ${code}, ${left} presence files left`,
  };
}
