/** Starts the process that is to die, and waits until it has. */
import { join } from "@std/path";
import { soon } from "../support/eventually.ts";
import type { CrashPlan } from "./crash_plan.ts";

const DEATH_SECONDS = 60;

export interface Doomed {
  /** Its first line on standard output, or its end. */
  readonly armed: Promise<void>;
  /** Resolves with its last words once it is gone. */
  readonly ended: Promise<{ readonly signal: Deno.Signal | null; readonly stderr: string }>;
  signal(signal: Deno.Signal): void;
}

/**
 * Starts it.
 *
 * @param project a copy of the project that has tests/crash/ too
 */
export function startDoomed(
  project: string,
  plan: CrashPlan,
  env: Readonly<Record<string, string>>,
): Doomed {
  const child = new Deno.Command("deno", {
    args: ["run", "-A", "--no-prompt", entry(project), JSON.stringify(plan)],
    cwd: project,
    env: { ...env, OPENAI_API_KEY: "", LOG_LEVEL: "warning", LOG_FORMAT: "json" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const armed = Promise.withResolvers<void>();
  const watching = (async () => {
    for await (const _ of child.stdout) armed.resolve();
    armed.resolve();
  })();
  const ended = (async () => {
    const [status, stderr] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
      watching,
    ]);
    return { signal: status.signal, stderr };
  })();
  return {
    armed: armed.promise,
    ended,
    signal(signal) {
      try {
        child.kill(signal);
      } catch (error) {
        // It has ended already.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

/** Waits for a death at the points of its plan, and fails where it ends otherwise. */
export async function died(doomed: Doomed, plan: CrashPlan): Promise<void> {
  try {
    const { signal, stderr } = await soon("its death", doomed.ended, DEATH_SECONDS);
    if (signal === "SIGKILL") return;
    throw new Error(`the process ended by itself: ${stderr}`);
  } catch (cause) {
    doomed.signal("SIGKILL");
    const { stderr } = await doomed.ended;
    const missed = Object.entries(plan.stops)
      .filter(([scope]) => !stderr.includes(`stopped ${scope}\n`))
      .map(([scope, point]) => `${scope} ${describe(point)}`);
    throw new Error(`these points were not reached:\n${missed.join("\n")}\n${stderr}`, { cause });
  }
}

function describe({ name, nth, moment }: CrashPlan["stops"][string]): string {
  return `${moment} ${name} #${nth}`;
}

function entry(project: string): string {
  return join(project, "tests", "crash", "service_under_test.ts");
}
