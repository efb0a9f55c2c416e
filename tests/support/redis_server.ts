/** Redis servers of the tests' own: Debian's redis-server, each on a port and in a directory of its own. */
import { join } from "@std/path";
import { linesOf } from "../bench/lines_of.ts";
import { isInstalled } from "../bench/peers/is_installed.ts";
import { makeCertificates } from "./certificates.ts";
import type { Host } from "./network_hosts.ts";
import { eventually } from "./eventually.ts";

/** What a server is started with. */
export interface RedisServerOptions {
  /** Lines of redis.conf besides the usual ones, such as `maxmemory 1mb`. They come last, and win. */
  readonly settings?: readonly string[];
  /** Every command is on the disk when it is answered; without it nothing is kept. Default: true. */
  readonly durable?: boolean;
  readonly password?: string;
  /** Only TLS, with a certificate for localhost that `authority` vouches for. */
  readonly tls?: boolean;
  /** A cluster of one node, which has all slots. */
  readonly cluster?: boolean;
  /** The host that it runs on, with a password. Default: this one, where nobody else reaches it. */
  readonly host?: Host;
}

/**
 * Runs the server until it ends, or until standard input does, which it does also when the test's
 * process was killed. A line of its own is the server's pid.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
echo $server
(read -r _ <&3; kill -KILL $server) >/dev/null 2>&1 & guard=$!
while kill -0 $server 2>/dev/null; do wait $server; done
kill $guard 2>/dev/null
`;

/** Below the ports that the kernel gives away by itself: a server that is down keeps its own. */
const PORTS = { first: 20_000, count: 10_000 };
const START_MS = 30_000;

/** Why no server can be started here, for the name of a test that is left out; else `undefined`. */
export const redisProblem = await isInstalled("redis-server", "--version")
  ? undefined
  : "redis-server is not installed";

/** How one test is declared. */
export interface TestOptions {
  /** It reads long answers, after which the parser of ioredis has a timer of its own for seconds. */
  readonly large?: boolean;
}

/** Declares a test that starts a Redis server; it is left out where there is none to start. */
export function testWithRedis(
  name: string,
  body: () => Promise<void>,
  { large = false }: TestOptions = {},
): void {
  const lax = large ? { sanitizeOps: false, sanitizeResources: false } : {};
  const left_out = redisProblem === undefined ? "" : ` (left out: ${redisProblem})`;
  Deno.test({ name: name + left_out, ignore: redisProblem !== undefined, fn: body, ...lax });
}

/** Declares a test of a shared suite: `Deno.test`, or the above. */
export type Declare = (name: string, body: () => Promise<void>, options?: TestOptions) => void;

/** The first of them. */
export const declareTest: Declare = (name, body) => Deno.test(name, body);

export class RedisServer implements AsyncDisposable {
  #process: Running | undefined;

  private constructor(
    private readonly directory: string,
    private readonly options: RedisServerOptions,
    readonly port: number,
  ) {}

  /** Starts a server; resolves when it answers. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const directory = await Deno.makeTempDir({ prefix: "bts-redis-" });
    for (let tries = 5;; tries--) {
      const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
      const server = new RedisServer(directory, options, port);
      try {
        if (options.tls) await makeCertificates(directory);
        await server.#run();
        if (options.cluster) await server.#takeSlots();
        return server;
      } catch (error) {
        await server.kill();
        // Somebody else may have the port.
        if (tries > 1) continue;
        await server[Symbol.asyncDispose]();
        throw error;
      }
    }
  }

  /** "host:port", as the programs name it in sentences. */
  get place(): string {
    return `${this.#host}:${this.port}`;
  }

  /** QUEUE_URL's value for it, with the password if it has one. */
  get url(): string {
    return this.urlWith();
  }

  /** The same with other credentials (`user:password`) or parameters (`prefix=x`). */
  urlWith({ login, query }: { login?: string; query?: string } = {}): string {
    const { tls, password, cluster } = this.options;
    const user = login ?? (password === undefined ? "" : `:${password}`);
    const parameters = [...(cluster ? ["cluster=true"] : []), ...(query ? [query] : [])].join("&");
    return `redis${tls ? "s" : ""}://${user === "" ? "" : `${user}@`}${this.place}` +
      (parameters === "" ? "" : `/?${parameters}`);
  }

  /** The certificate to trust, a file (for DENO_CERT); with `tls` only. */
  get authority(): string {
    return join(this.directory, "ca.crt");
  }

  /** The server's process. */
  get pid(): number {
    if (this.#process === undefined) throw new Error("the server is down");
    return this.#process.pid;
  }

  /** Ends it at once, as a power cut would; resolves when it is gone. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined) return;
    running.kill();
    await running.ended;
  }

  /** Kills it if it is up, and starts it on the same port with what its disk holds. */
  async restart(): Promise<void> {
    await this.kill();
    await this.#run();
  }

  /** Stops answering without closing a connection, until `thaw`. */
  freeze(): void {
    Deno.kill(this.pid, "SIGSTOP");
  }

  thaw(): void {
    Deno.kill(this.pid, "SIGCONT");
  }

  /** Runs one command as redis-cli does, and gives what it prints. */
  async cli(...command: string[]): Promise<string> {
    const { password, tls, host } = this.options;
    const [program = "redis-cli", ...before] = [...host?.under ?? [], "redis-cli"];
    const { stdout, stderr, success } = await new Deno.Command(program, {
      args: [
        ...before,
        ...["-h", this.#host, "-p", String(this.port), "-e"],
        ...(tls ? ["--tls", "--cacert", this.authority] : []),
        ...command,
      ],
      env: password === undefined ? {} : { REDISCLI_AUTH: password },
    }).output();
    const text = new TextDecoder().decode(stdout).trimEnd();
    if (!success) throw new Error(`${command[0]}: ${text}${new TextDecoder().decode(stderr)}`);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.directory, { recursive: true });
  }

  async #takeSlots(): Promise<void> {
    await this.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await eventually(
      "the cluster is up",
      async () => (await this.cli("CLUSTER", "INFO")).includes("cluster_state:ok"),
    );
  }

  get #host(): string {
    const { tls, host } = this.options;
    return host?.address ?? (tls ? "localhost" : "127.0.0.1");
  }

  async #run(): Promise<void> {
    const file = join(this.directory, "redis.conf");
    await Deno.writeTextFile(file, this.#settings().join("\n") + "\n", { mode: 0o600 });
    this.#process = await Running.start([...this.options.host?.under ?? [], "redis-server", file]);
  }

  #settings(): string[] {
    const { settings = [], durable = true, password, tls, cluster } = this.options;
    return [
      ...(tls
        ? ["port 0", `tls-port ${this.port}`, "tls-auth-clients no", "tls-ca-cert-file ca.crt"]
        : [`port ${this.port}`]),
      ...(tls ? ["tls-cert-file server.crt", "tls-key-file server.key"] : []),
      `bind ${this.options.host?.address ?? "127.0.0.1"}`,
      `dir ${this.directory}`,
      'save ""',
      ...(durable ? ["appendonly yes", "appendfsync always"] : []),
      ...(password === undefined ? [] : [`requirepass ${password}`]),
      ...(cluster ? ["cluster-enabled yes", "cluster-announce-ip 127.0.0.1"] : []),
      ...settings,
    ];
  }
}

/** A server's process under its guard. */
class Running {
  private constructor(
    readonly pid: number,
    private readonly input: WritableStreamDefaultWriter<Uint8Array>,
    /** Resolves when it and its guard are gone. */
    readonly ended: Promise<unknown>,
  ) {}

  static async start(command: readonly string[]): Promise<Running> {
    const child = new Deno.Command("sh", {
      args: ["-c", GUARD, "sh", ...command],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const input = child.stdin.getWriter();
    const ready = Promise.withResolvers<number>();
    const read = (async () => {
      const lines: string[] = [];
      for await (const line of linesOf(child.stdout)) {
        lines.push(line);
        // The server's own first line may come before its pid's.
        const pid = lines.find((line) => /^\d+$/.test(line));
        const isReady = lines.some((line) => line.includes("Ready to accept connections"));
        if (isReady && pid !== undefined) ready.resolve(Number(pid));
      }
      ready.reject(new Error(`redis-server did not start: ${lines.slice(-5).join("\n")}`));
    })();
    const ended = Promise.all([child.status, read]);
    const timer = setTimeout(() => ready.reject(new Error("redis-server: not ready")), START_MS);
    try {
      return new Running(await ready.promise, input, ended);
    } catch (error) {
      await input.close().catch(() => {});
      await ended;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): void {
    // The guard sees its input end, and does the killing: a stopped process too.
    void this.input.close().catch(() => {});
  }
}
