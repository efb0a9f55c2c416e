/**
 * A second thread in every tool process, which works when the tool's own thread loops: it reads
 * standard input for it, ends the process when that ends (the service is gone), and when the
 * process has grown over its limit.
 *
 * It is given to the worker as a `data:` URL, because a file would need a read permission.
 */

/** What the watchdog hands on to the tool's thread: one line of standard input. */
export type WatchdogMessage = string;

/** Tells the watchdog whether a call is running, which is when memory is looked at closely. */
export interface WatchdogState {
  readonly busy: boolean;
}

/** Starts the watchdog of this process. Needs no permission. */
export function startWatchdog(onLine: (line: WatchdogMessage) => void): {
  tell(state: WatchdogState): void;
} {
  const code = `(${watchdog})()`;
  const worker = new Worker("data:text/javascript," + encodeURIComponent(code), {
    type: "module",
    name: "watchdog",
  });
  worker.onmessage = (event: MessageEvent<WatchdogMessage>) => onLine(event.data);
  return { tell: (state) => worker.postMessage(state) };
}

// Runs alone in the worker: it must not use anything from outside its own braces.
function watchdog(): void {
  const scope = globalThis as unknown as {
    postMessage(line: string): void;
    onmessage: (event: MessageEvent<{ busy: boolean }>) => void;
  };
  const die = () => Deno.kill(Deno.pid, "SIGKILL");
  const rss = () => Deno.memoryUsage().rss;
  const base = rss();
  const BUSY_MS = 20;
  const IDLE_MS = 1000;
  let token = "";
  let limit = Infinity;
  let timer = setInterval(look, BUSY_MS);

  function look(): void {
    if (rss() - base <= limit) return;
    const line = `\n${token} {"type":"memory"}\n`;
    try {
      Deno.stdout.writeSync(new TextEncoder().encode(line));
    } finally {
      die();
    }
  }

  // The first line is the only one that matters here: it holds the limit.
  function configure(line: string): void {
    const init = JSON.parse(line) as { token: string; memory_mb: number };
    token = init.token;
    limit = init.memory_mb * 1024 * 1024;
  }

  async function relay(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of Deno.stdin.readable) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (token === "") configure(line);
        scope.postMessage(line);
      }
    }
  }

  scope.onmessage = (event) => {
    clearInterval(timer);
    timer = setInterval(look, event.data.busy ? BUSY_MS : IDLE_MS);
  };
  relay().finally(die);
}
