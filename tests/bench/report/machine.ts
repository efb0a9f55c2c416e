/** What the figures were measured on. */
import { cpus } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  /** Of the directory that was measured in; absent where the system does not say. */
  readonly file_system?: string;
  readonly deno: string;
}

/** @param directory where the bench works */
export function describeMachine(directory: string): Machine {
  const file_system = fileSystemOf(directory);
  return {
    cpu: cpus()[0]?.model.trim() || "unknown processor",
    cores: navigator.hardwareConcurrency,
    memory: Deno.systemMemoryInfo().total,
    system: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    ...(file_system === undefined ? {} : { file_system }),
  };
}

/** One line for a reader. */
export function machineLine({ cpu, cores, memory, system, file_system, deno }: Machine): string {
  const gigabytes = `${Math.round(memory / 2 ** 30)} GB`;
  const parts = [cpu, `${cores} cores`, gigabytes, system, file_system, `Deno ${deno}`];
  return parts.filter((part) => part !== undefined).join(", ");
}

function fileSystemOf(directory: string): string | undefined {
  let mounts;
  try {
    mounts = Deno.readTextFileSync("/proc/mounts");
  } catch {
    return undefined;
  }
  const holding = mounts.split("\n").map((line) => line.split(" ")).filter(([, at = ""]) =>
    at === "/" || directory === at || directory.startsWith(`${at}/`)
  );
  // The longest path is the one that is seen, and the last one of those that are the same.
  return holding.toSorted(([, a = ""], [, b = ""]) => a.length - b.length).at(-1)?.[2];
}
