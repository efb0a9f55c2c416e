/**
 * A TCP proxy on 127.0.0.1 whose connections can be cut, refused, slowed and stalled, and restored.
 *
 * ```ts
 * await using proxy = TcpProxy.start({ hostname: "127.0.0.1", port });
 * // … something connects to proxy.port …
 * proxy.stall();
 * proxy.restore();
 * ```
 */

/** Where the proxy's connections go, or where it listens. */
export interface TcpPlace {
  readonly hostname: string;
  readonly port: number;
}

interface Piece {
  readonly bytes: Uint8Array;
  /** By `performance.now()`. */
  readonly arrived: number;
}

/** So many pieces are under way in a direction before the sender is held back. */
const PIECES_UNDER_WAY = 1_024;
/** A port that something else has taken meanwhile is tried again so often, in milliseconds. */
const LISTEN_AGAIN_MS = 50;
const LISTEN_TRIES = 200;

export class TcpProxy implements AsyncDisposable {
  readonly #links = new Set<Link>();
  readonly #network = new Network();
  readonly #place: TcpPlace;
  #listener: Deno.TcpListener | undefined;
  #isRefusing = false;
  #isClosed = false;
  /** The last change of the listener; they happen one after the other. */
  #listening: Promise<void> = Promise.resolve();
  #accepting: Promise<void> = Promise.resolve();
  #accepted = 0;

  private constructor(private readonly target: TcpPlace, hostname: string) {
    this.#listener = Deno.listen({ hostname, port: 0 });
    this.#place = { hostname, port: this.#listener.addr.port };
    this.#accepting = this.#accept(this.#listener);
  }

  /** @param hostname where it listens, on a free port. Default: 127.0.0.1 */
  static start(target: TcpPlace, hostname = "127.0.0.1"): TcpProxy {
    return new TcpProxy(target, hostname);
  }

  get port(): number {
    return this.#place.port;
  }

  /** How many connections go through it now. */
  get connections(): number {
    return this.#links.size;
  }

  /** How many connections it has taken so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Closes all connections; what was under way in them is lost. New ones are taken. */
  cut(): void {
    for (const link of this.#links) link.close();
  }

  /** Closes all connections, and refuses new ones until `restore`. */
  async refuse(): Promise<void> {
    this.#isRefusing = true;
    this.cut();
    await this.#settleListener();
  }

  /** From now on each piece takes so much longer, in each direction. Milliseconds. */
  slow(latency_ms: number): void {
    this.#network.change({ ...this.#network.state, latency_ms });
  }

  /** Holds back all bytes, also of new connections: both ends see an open connection, silent. */
  stall(): void {
    this.#network.change({ ...this.#network.state, stalled: true });
  }

  /** Ends what `refuse`, `slow` and `stall` have begun; what was held back goes on its way. */
  async restore(): Promise<void> {
    this.#isRefusing = false;
    this.#network.change({ latency_ms: 0, stalled: false });
    await this.#settleListener();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.cut();
    await this.#settleListener();
    await Promise.all([...this.#links].map((link) => link.ended));
  }

  #settleListener(): Promise<void> {
    this.#listening = this.#listening.then(async () => {
      const isWanted = !this.#isRefusing && !this.#isClosed;
      if (isWanted && this.#listener === undefined) {
        this.#listener = await listenAgain(this.#place);
        this.#accepting = this.#accept(this.#listener);
      } else if (!isWanted && this.#listener !== undefined) {
        this.#listener.close();
        this.#listener = undefined;
        await this.#accepting;
        // One may have been taken while the others were cut.
        this.cut();
      }
    });
    return this.#listening;
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) {
      this.#accepted++;
      const link = new Link(client, this.target, this.#network);
      this.#links.add(link);
      void link.ended.then(() => this.#links.delete(link));
    }
  }
}

// A connection of somebody else may have been given the port while nobody listened on it.
async function listenAgain(place: TcpPlace): Promise<Deno.TcpListener> {
  for (let tries = 1;; tries++) {
    try {
      return Deno.listen({ ...place });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tries === LISTEN_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, LISTEN_AGAIN_MS));
    }
  }
}

/** How the network is at the moment, for all connections. */
class Network {
  state = { latency_ms: 0, stalled: false };
  #changed = Promise.withResolvers<void>();

  change(state: { latency_ms: number; stalled: boolean }): void {
    this.state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves when what arrived then may go on; also when `closed` is aborted. */
  async passage(arrived: number, closed: AbortSignal): Promise<void> {
    while (!closed.aborted) {
      const { latency_ms, stalled } = this.state;
      const left = stalled ? Infinity : arrived + latency_ms - performance.now();
      if (left <= 0) return;
      await this.#changedWithin(left, closed);
    }
  }

  async #changedWithin(milliseconds: number, closed: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = Number.isFinite(milliseconds)
      ? setTimeout(over.resolve, milliseconds)
      : undefined;
    const onClose = () => over.resolve();
    closed.addEventListener("abort", onClose, { once: true });
    await Promise.race([over.promise, this.#changed.promise]);
    clearTimeout(timer);
    closed.removeEventListener("abort", onClose);
  }
}

/** One connection through the proxy. */
class Link {
  readonly #closed = new AbortController();
  readonly #ends: Deno.TcpConn[] = [];
  /** Resolves when both ends are closed; never rejects. */
  readonly ended: Promise<void>;

  constructor(client: Deno.TcpConn, target: TcpPlace, private readonly network: Network) {
    this.#ends.push(client);
    this.ended = this.#run(client, target);
  }

  close(): void {
    this.#closed.abort();
    for (const end of this.#ends.splice(0)) {
      try {
        end.close();
      } catch {
        // Its stream has closed it.
      }
    }
  }

  async #run(client: Deno.TcpConn, target: TcpPlace): Promise<void> {
    try {
      const server = await Deno.connect({ ...target });
      // It may have been cut while the other end was called.
      if (this.#closed.signal.aborted) return server.close();
      this.#ends.push(server);
      for (const end of this.#ends) end.setNoDelay(true);
      await Promise.all([this.#carry(client, server), this.#carry(server, client)]);
    } catch {
      // One end is gone, so the other one goes.
    } finally {
      this.close();
    }
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    try {
      for await (const { bytes, arrived } of arrivals(from)) {
        await this.network.passage(arrived, this.#closed.signal);
        for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
      }
      await this.network.passage(performance.now(), this.#closed.signal);
      await to.closeWrite();
    } catch (error) {
      // The other direction must not wait for an end that is gone.
      this.close();
      throw error;
    }
  }
}

// Reading goes on while pieces are on their way: a latency is no limit of the throughput.
function arrivals(from: Deno.TcpConn): ReadableStream<Piece> {
  const stamp = new TransformStream<Uint8Array, Piece>(
    {
      transform: (bytes, controller) => controller.enqueue({ bytes, arrived: performance.now() }),
    },
    undefined,
    { highWaterMark: PIECES_UNDER_WAY },
  );
  return from.readable.pipeThrough(stamp);
}
