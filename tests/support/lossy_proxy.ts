/** A TCP proxy on 127.0.0.1 that can lose one answer: what was asked is done, and nobody is told. */
import type { TcpPlace } from "./tcp_proxy.ts";

export class LossyProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  readonly #carrying = new Set<Promise<void>>();
  /** So many answers come through before one is lost. */
  #through = Infinity;
  /** How many answers were lost. */
  lost = 0;

  constructor(private readonly target: TcpPlace) {
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** What the server sends next does not arrive, and its connection is closed. @param through so many pieces do before */
  loseAnswer(through = 0): void {
    this.#through = through;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#accepting;
    await Promise.all(this.#carrying);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ ...this.target });
      for (const each of [client, server]) {
        each.setNoDelay(true);
        this.#connections.add(each);
      }
      this.#track(this.#carry(client, server, false));
      this.#track(this.#carry(server, client, true));
    }
  }

  #track(carrying: Promise<void>): void {
    const tracked = carrying.finally(() => this.#carrying.delete(tracked));
    this.#carrying.add(tracked);
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn, isAnswer: boolean): Promise<void> {
    const piece = new Uint8Array(64 * 1024);
    try {
      for (let n = await from.read(piece); n !== null; n = await from.read(piece)) {
        if (isAnswer && this.#through-- === 0) {
          this.#through = Infinity;
          this.lost++;
          break;
        }
        for (let at = 0; at < n;) at += await to.write(piece.subarray(at, n));
      }
    } catch {
      // One end is gone, so the other one goes.
    }
    close(from);
    close(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
