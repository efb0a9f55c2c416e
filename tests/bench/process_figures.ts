/** What a process has used, by /proc: Linux only. */

/** Clock ticks a second in /proc: a constant of every Linux that Deno runs on. */
const TICKS_A_SECOND = 100;

/** Memory that is in use, and the most that ever was, bytes. */
export function memoryOf(pid: number): { rss: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return { rss: kilobytes(status, "VmRSS"), peak: kilobytes(status, "VmHWM") };
}

/** Time on a processor by all threads so far, milliseconds; its smallest step is 10. */
export function processorTimeOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // What is in parentheses may have spaces; utime and stime are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_A_SECOND;
}

/** How often a thread of it went to sleep and was woken again so far. */
export function wakeUpsOf(pid: number): number {
  let count = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
      count += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
    } catch (error) {
      // The thread has ended meanwhile.
      if (!isGone(error)) throw error;
    }
  }
  return count;
}

function kilobytes(status: string, name: string): number {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1];
  if (found === undefined) throw new Error(`/proc says nothing of ${name}`);
  return Number(found) * 1024;
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    (error instanceof Error && /No such process/.test(error.message));
}
