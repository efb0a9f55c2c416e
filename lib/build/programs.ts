/** The two binaries: what each is made of, and what it may do. */
import project from "../../deno.json" with { type: "json" };

/** One binary. Paths are relative to the project's directory. */
export interface BinaryProgram {
  readonly name: string;
  readonly entry: string;
  /** Permission flags. */
  readonly flags: readonly string[];
  /** What is found at run time only, and therefore must be named. */
  readonly includes: readonly string[];
  /** The lock file that has the versions of its packages. Default: the project's own. */
  readonly lock?: string;
}

/** The chat and the operator's command, with the rights of the task "tasks": `doctor` needs them. */
export const MAIN_BINARY: BinaryProgram = {
  name: "main",
  entry: "main.ts",
  flags: project.tasks.tasks.command.split(" ").filter((word) =>
    /^--(allow|ignore|no-prompt)/.test(word)
  ),
  includes: [],
};

/**
 * The service and the processes of its tools, which are the same program: a tool can be given
 * nothing that its binary has not, so this one has every right. Whoever may start programs, as the
 * service may, has them anyway.
 */
export const SERVICE_BINARY: BinaryProgram = {
  name: "background_service",
  entry: "lib/build/service_binary.ts",
  flags: ["--no-prompt", "--allow-all"],
  includes: ["tools", "lib/sandbox/tool_host.ts"],
};

/** The same binary with what QUEUE_URL needs, which is loaded only when it is asked for. */
export function withRedis(program: BinaryProgram): BinaryProgram {
  // Tasks are moved by the operator's command alone.
  const move = program === MAIN_BINARY ? ["lib/move/redis_task_store.ts"] : [];
  return {
    ...program,
    includes: [...program.includes, "lib/open_redis_storage.ts", ...move],
    lock: "lib/redis/deno.lock",
  };
}
