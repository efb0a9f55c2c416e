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

// /proc/mounts would say it too, but is read only by who may do everything.
function fileSystemOf(directory: string): string | undefined {
  try {
    const args = ["--output=fstype", directory];
    const { success, stdout } = new Deno.Command("df", { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim().split("\n").at(-1) : undefined;
  } catch {
    return undefined;
  }
}
