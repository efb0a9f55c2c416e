/**
 * A second thread in every tool process, which works when the tool's own thread loops: it reads
 * standard input for it, ends the process when that ends (the service is gone), and when the
 * process has grown over its limit.
 *
 * Where the tool has the process's main thread, the watchdog is a worker, given as a `data:` URL,
 * because a file would need a read permission. In a binary the tool is the worker, and the watchdog
 * the main thread.
 */

/** What the watchdog hands on to the tool's thread: one line of standard input. */
export type WatchdogMessage = string;

/** What it is told. */
export type WatchdogOrder =
  /** Whether a call is running, which is when memory is looked at closely. */
  | { readonly busy: boolean }
  /** End the process: a worker can end itself only. */
  | { readonly exit: number };

/** Starts the watchdog of this process, or meets it. Needs no permission. */
export function startWatchdog(onLine: (line: WatchdogMessage) => void): {
  tell(order: WatchdogOrder): void;
} {
  // They talk through a channel: an event of the worker's own would hold the worker, and a tool
  // that changed the built-ins could take it from there and end it.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event: MessageEvent<WatchdogMessage>) => onLine(event.data);
  const tell = (order: WatchdogOrder) => port1.postMessage(order);
  if ("WorkerGlobalScope" in globalThis) {
    (globalThis as unknown as Worker).postMessage(undefined, [port2]);
    exitThrough(tell);
  } else watchingWorker().postMessage(undefined, [port2]);
  return { tell };
}

function watchingWorker(): Worker {
  const code = `onmessage = ({ ports: [port] }) => (${watch})(port)`;
  return new Worker("data:text/javascript," + encodeURIComponent(code), {
    type: "module",
    name: "watchdog",
  });
}

// Else a tool that ends itself would leave the process behind, and its caller waiting.
function exitThrough(tell: (order: WatchdogOrder) => void): void {
  const exit = (code: unknown) => {
    tell({ exit: Number(code) || 0 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  Object.assign(Deno, { exit });
  Object.assign(globalThis, { close: () => exit(0) });
}

/**
 * The watchdog itself, which talks to the tool's thread through a port. Also runs alone in a worker,
 * as a text: it must not use anything from outside its own braces.
 */
export function watch(port: MessagePort): void {
  const die = () => Deno.kill(Deno.pid, "SIGKILL");
  const rss = () => Deno.memoryUsage().rss;
  const base = rss();
  const BUSY_MS = 20;
  const IDLE_MS = 100;
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
        port.postMessage(line);
      }
    }
  }

  port.onmessage = ({ data }: MessageEvent<{ busy?: unknown; exit?: unknown } | undefined>) => {
    if (typeof data?.exit === "number") Deno.exit(data.exit);
    clearInterval(timer);
    timer = setInterval(look, data?.busy === false ? IDLE_MS : BUSY_MS);
  };
  relay().finally(die);
}
