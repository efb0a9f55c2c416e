/**
 * What a process has used, by /proc: Linux only. Deno lets nobody but who has every right read there,
 * so `cat` does.
 */

/** Clock ticks a second in /proc: a constant of every Linux that Deno runs on. */
const TICKS_A_SECOND = 100;

/** What a process has used so far. */
export interface Used {
  /** Time on a processor by all threads, milliseconds; its smallest step is 10. */
  readonly processor_ms: number;
  /** How often each thread that it has now has gone to sleep and was woken again, by its id. */
  readonly wake_ups: ReadonlyMap<number, number>;
  /** Memory in use now, and the most that ever was, bytes. */
  readonly memory: number;
  readonly most_memory: number;
}

/** Needs `--allow-run=sh`. */
export async function usedBy(pid: number): Promise<Used> {
  const of = `/proc/${pid}`;
  const status = await read(`${of}/status`);
  return {
    processor_ms: processorTime(await read(`${of}/stat`)),
    wake_ups: wakeUps(await read(`${of}/task/*/status`)),
    memory: kilobytes(status, "VmRSS") * 1024,
    most_memory: kilobytes(status, "VmHWM") * 1024,
  };
}

/** How often threads were woken between two looks. Of one that has ended meanwhile nothing is known. */
export function wokenBetween(before: Used, after: Used): number {
  let woken = 0;
  for (const [thread, count] of after.wake_ups) woken += count - (before.wake_ups.get(thread) ?? 0);
  return woken;
}

/** The processes that this one has started and that are still there. Needs `--allow-run=sh`. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await read(`/proc/${pid}/task/*/children`);
  return text.split(/\s+/).filter((word) => word !== "").map(Number);
}

function processorTime(stat: string): number {
  // What is in parentheses may have spaces; utime and stime are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_A_SECOND;
}

function kilobytes(status: string, name: string): number {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1];
  if (found === undefined) throw new Error(`/proc says nothing of ${name}`);
  return Number(found);
}

function wakeUps(statuses: string): Map<number, number> {
  const threads = statuses.matchAll(/^Pid:\s*(\d+)$[^]*?^voluntary_ctxt_switches:\s*(\d+)$/gm);
  return new Map(Array.from(threads, ([, thread, count]) => [Number(thread), Number(count)]));
}

// A thread may end between the shell's look and cat's: what it prints of the others is enough.
async function read(pattern: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `exec cat ${pattern}`],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
