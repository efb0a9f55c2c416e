import { assert, assertEquals } from "@std/assert";
import { soon } from "./eventually.ts";
import { type Host, HostNetwork, hostsProblem } from "./network_hosts.ts";

const problem = await hostsProblem();

function hostTest(name: string, test: () => Promise<void>): void {
  Deno.test({
    name: problem === undefined ? name : `${name} (left out: ${problem})`,
    ignore: problem !== undefined,
    fn: test,
  });
}

/** A program on a host that answers each line with itself, over TCP. */
const ECHO = `
const listener = Deno.listen({ hostname: "0.0.0.0", port: 7 });
console.log("listening");
for await (const connection of listener) void connection.readable.pipeTo(connection.writable);
`;

/** A program on a host that asks an echo each line of its input, and prints the answers. */
const ASK = `
const connection = await Deno.connect({ hostname: Deno.args[0], port: Number(Deno.args[1]) });
console.log("connected");
void Deno.stdin.readable.pipeTo(connection.writable);
for await (const bytes of connection.readable) await Deno.stdout.write(bytes);
`;

/** A program on a host, its lines one after the other. */
class Remote implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #text = "";

  constructor(host: Host, script: string, ...args: readonly string[]) {
    const [command = "", ...before] = host.under;
    const code = `data:application/typescript,${encodeURIComponent(script)}`;
    this.#child = new Deno.Command(command, {
      args: [...before, "deno", "run", "--no-lock", "--no-config", "--allow-net", code, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream() as TransformStream)
      .getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  async say(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text + "\n"));
  }

  /** The next line. */
  async hear(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#lines.read();
      if (done) throw new Error(`it ended after: ${this.#text}`);
      this.#text += value;
    }
  }

  get ended(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Its host is gone, and it went too.
    }
    await this.#input.close().catch(() => {});
    await this.#lines.cancel();
    await this.#child.status;
  }
}

async function namespaces(): Promise<string> {
  const { stdout } = await new Deno.Command("ip", { args: ["netns", "list"] }).output();
  return new TextDecoder().decode(stdout);
}

const SILENCE_MS = 500;

async function isSilent(answer: Promise<string>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), SILENCE_MS);
  });
  const seen = await Promise.race([answer.then(() => false), silence]);
  clearTimeout(timer);
  return seen;
}

hostTest("hosts reach each other, and this process", async () => {
  await using network = await HostNetwork.open();
  const [a, b] = [await network.host("a"), await network.host("b")];
  await using server = new Remote(a, ECHO);
  assertEquals(await soon("the server", server.hear()), "listening");
  await using client = new Remote(b, ASK, a.address, "7");
  assertEquals(await soon("the connection", client.hear()), "connected");
  await client.say("hello");
  assertEquals(await soon("the echo", client.hear()), "hello");

  // This process is reached by its address on that network.
  using listener = Deno.listen({ hostname: network.address, port: 0 });
  await using caller = new Remote(b, ASK, network.address, String(listener.addr.port));
  const connection = await soon("the call", listener.accept());
  connection.close();
  assertEquals(await soon("the connection", caller.hear()), "connected");
});

hostTest("a host that is cut off hears nothing, and all of it once it is back", async () => {
  await using network = await HostNetwork.open();
  const [a, b] = [await network.host("a"), await network.host("b")];
  await using server = new Remote(a, ECHO);
  assertEquals(await soon("the server", server.hear()), "listening");
  await using client = new Remote(b, ASK, a.address, "7");
  assertEquals(await soon("the connection", client.hear()), "connected");
  await b.cutOff();
  await client.say("hello");
  const answer = client.hear();
  assert(await isSilent(answer));
  await b.reconnect();
  assertEquals(await soon("the echo", answer), "hello");
});

hostTest("hosts that are isolated lose each other, and nobody else", async () => {
  await using network = await HostNetwork.open();
  const [a, b, c] = [await network.host("a"), await network.host("b"), await network.host("c")];
  await using server = new Remote(a, ECHO);
  assertEquals(await soon("the server", server.hear()), "listening");
  await Promise.all([a.isolate(), b.isolate()]);
  await using lost = new Remote(b, ASK, a.address, "7");
  await using other = new Remote(c, ASK, a.address, "7");
  assertEquals(await soon("the connection", other.hear()), "connected");
  const connected = lost.hear();
  assert(await isSilent(connected));
  await Promise.all([a.reconnect(), b.reconnect()]);
  assertEquals(await soon("the connection", connected), "connected");
});

hostTest("nothing is left of a network, not even what ran on it", async () => {
  const network = await HostNetwork.open();
  const host = await network.host("a");
  await using remote = new Remote(host, ECHO);
  assertEquals(await soon("the server", remote.hear()), "listening");
  const namespace = host.under.at(-1) ?? "";
  assert((await namespaces()).includes(namespace));
  await network[Symbol.asyncDispose]();
  assert(!(await namespaces()).includes(namespace));
  assertEquals((await soon("the end of what ran there", remote.ended)).signal, "SIGKILL");
});
