import { linesOf } from "../lines_of.ts";

/**
 * Runs a server until it ends, or until standard input does, which it does also when the bench was
 * killed. An interrupt at the terminal reaches the shell too, which must live on to stop the server;
 * a server started in the background is deaf to it unless it listens for it, as Redis and Postgres do.
 */
const GUARD = `
trap : INT TERM HUP
exec 2>&1 3<&0
"$@" </dev/null 3<&- & server=$!
(read -r _ <&3; kill -INT $server) >/dev/null 2>&1 & guard=$!
while kill -0 $server 2>/dev/null; do wait $server; done
kill $guard 2>/dev/null
`;

/** Milliseconds a server may take to say that it is ready. */
const START = 30_000;

/** A server that ends with the bench, however the bench ends. */
export class GuardedServer implements AsyncDisposable {
  private constructor(
    readonly child: Deno.ChildProcess,
    readonly input: WritableStreamDefaultWriter<Uint8Array>,
    readonly log: Promise<void>,
  ) {}

  /**
   * Starts a server, and resolves when it has written a line with `ready`.
   *
   * @throws with its last lines when it ends before
   */
  static async start(command: readonly string[], ready: RegExp): Promise<GuardedServer> {
    const child = new Deno.Command("sh", {
      args: ["-c", GUARD, "sh", ...command],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const started = Promise.withResolvers<void>();
    const log = (async () => {
      const last: string[] = [];
      for await (const line of linesOf(child.stdout)) {
        if (ready.test(line)) started.resolve();
        last.push(line);
        if (last.length > 5) last.shift();
      }
      started.reject(new Error(`${command[0]} did not start: ${last.join("\n")}`));
    })();
    const server = new GuardedServer(child, child.stdin.getWriter(), log);
    const timer = setTimeout(() => started.reject(new Error(`${command[0]}: not ready`)), START);
    try {
      await started.promise;
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.input.close().catch(() => {});
    await Promise.all([this.child.status, this.log]);
  }
}
