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
  // They talk through a channel: an event of the worker's own would hold the worker, and a tool
  // that changed the built-ins could take it from there and end it.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event: MessageEvent<WatchdogMessage>) => onLine(event.data);
  worker.postMessage(undefined, [port2]);
  return { tell: (state) => port1.postMessage(state) };
}

// Runs alone in the worker: it must not use anything from outside its own braces.
function watchdog(): void {
  const scope = globalThis as unknown as { onmessage: (event: MessageEvent) => void };
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

  async function relay(port: MessagePort): Promise<void> {
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

  scope.onmessage = ({ ports: [port] }) => {
    if (port === undefined) return die();
    port.onmessage = (event: MessageEvent<{ busy: boolean } | undefined>) => {
      clearInterval(timer);
      timer = setInterval(look, event.data?.busy === false ? IDLE_MS : BUSY_MS);
    };
    relay(port).finally(die);
  };
}
