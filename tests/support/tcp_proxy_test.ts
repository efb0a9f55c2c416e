import { assert, assertEquals, assertRejects } from "@std/assert";
import { eventually, soon } from "./eventually.ts";
import { TcpProxy } from "./tcp_proxy.ts";

/** Answers each line with itself. */
class Echo implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #serving = this.#serve();

  get place() {
    return { hostname: "127.0.0.1", port: this.#listener.addr.port };
  }

  get connections(): number {
    return this.#open.size;
  }

  async #serve(): Promise<void> {
    const echoing: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#open.add(connection);
      const over = connection.readable.pipeTo(connection.writable).catch(() => {});
      echoing.push(over.finally(() => this.#open.delete(connection)));
    }
    await Promise.all(echoing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    await this.#serving;
  }
}

/** A connection to a proxy. */
class Client implements Disposable {
  private constructor(private readonly connection: Deno.TcpConn) {}

  static async connect({ port }: TcpProxy): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(text: string): Promise<void> {
    await this.connection.write(new TextEncoder().encode(text));
  }

  /** What comes next; `undefined` at the end of the connection. */
  async receive(): Promise<string | undefined> {
    const buffer = new Uint8Array(100);
    try {
      const length = await this.connection.read(buffer);
      return length === null ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return undefined;
      throw error;
    }
  }

  async echo(text: string): Promise<string | undefined> {
    await this.send(text);
    return await soon(`the echo of ${text}`, this.receive());
  }

  closeWrite(): Promise<void> {
    return this.connection.closeWrite();
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

Deno.test("a proxy carries bytes both ways, and an end of one direction", async () => {
  await using echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  using client = await Client.connect(proxy);
  assertEquals(await client.echo("a"), "a");
  assertEquals([proxy.connections, proxy.accepted, echo.connections], [1, 1, 1]);
  await client.closeWrite();
  assertEquals(await soon("the end", client.receive()), undefined);
  await eventually("nothing is left", () => proxy.connections + echo.connections === 0);
});

Deno.test("cut: both ends see the end, and a new connection works", async () => {
  await using echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  using client = await Client.connect(proxy);
  assertEquals(await client.echo("a"), "a");
  proxy.cut();
  assertEquals(await soon("the end", client.receive()), undefined);
  await eventually("the other end sees it", () => echo.connections === 0);
  using again = await Client.connect(proxy);
  assertEquals(await again.echo("b"), "b");
});

Deno.test("refused: old connections end, new ones are refused until it is restored", async () => {
  await using echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  using client = await Client.connect(proxy);
  assertEquals(await client.echo("a"), "a");
  await proxy.refuse();
  assertEquals(await soon("the end", client.receive()), undefined);
  await assertRejects(() => Client.connect(proxy), Deno.errors.ConnectionRefused);
  await proxy.restore();
  using again = await Client.connect(proxy);
  assertEquals(await again.echo("b"), "b");
});

Deno.test("slowed: each way takes that much longer, and pieces do not wait for each other", async () => {
  await using echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  using client = await Client.connect(proxy);
  proxy.slow(50);
  const began = performance.now();
  // One after the other they would take 20 × 100 ms.
  let received = "";
  for (let i = 0; i < 20; i++) await client.send("x");
  while (received.length < 20) received += await soon("the echo", client.receive());
  const took = performance.now() - began;
  assert(took >= 99, `it took only ${took} ms`);
  await proxy.restore();
  assertEquals(await client.echo("a"), "a");
});

Deno.test("stalled: nothing comes through, old connection or new, until it is restored", async () => {
  await using echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  using client = await Client.connect(proxy);
  assertEquals(await client.echo("a"), "a");
  proxy.stall();
  using late = await Client.connect(proxy);
  await Promise.all([client.send("b"), late.send("c")]);
  const [first, second] = [client.receive(), late.receive()];
  const silence = new Promise((resolve) => setTimeout(() => resolve("silence"), 100));
  assertEquals(await Promise.race([first, second, silence]), "silence");
  assertEquals(proxy.connections, 2);
  await proxy.restore();
  assertEquals(await soon("what was held back", Promise.all([first, second])), ["b", "c"]);
});

Deno.test("a stalled proxy can be cut, refused and closed", async () => {
  await using echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  using client = await Client.connect(proxy);
  assertEquals(await client.echo("a"), "a");
  proxy.stall();
  await client.send("never seen");
  proxy.cut();
  assertEquals(await soon("the end", client.receive()), undefined);
  await proxy.refuse();
  await proxy.restore();
  proxy.stall();
  using again = await Client.connect(proxy);
  await again.send("never seen either");
});

Deno.test("who the target refuses is cut off", async () => {
  const echo = new Echo();
  await using proxy = TcpProxy.start(echo.place);
  await echo[Symbol.asyncDispose]();
  using client = await Client.connect(proxy);
  assertEquals(await soon("the end", client.receive()), undefined);
  await eventually("nothing is left", () => proxy.connections === 0);
});
