/** Services whose tasks do nothing, each a process of its own, and what they are asked to count. */
import { BenchChild } from "./bench_child.ts";
import { REDIS_OPTIONS, withPrefix } from "./redis/child_options.ts";
import { freshPlace } from "./spread_directory.ts";

export interface NoopOrders {
  /** The `persistent/` it works in. */
  readonly directory: string;
  readonly durability: "relaxed" | "full";
  readonly concurrency: number;
  readonly service_id: string;
  /** Tasks that it does somewhere else first. */
  readonly warm_up: number;
  readonly warm_directory: string;
  /** Where the tasks are, and those of the warm-up, if not in these directories. */
  readonly queue_url?: string;
  readonly warm_queue_url?: string;
  /** Say of each task when its run began, once it has ended; else how far it is, now and then. */
  readonly tell_each: boolean;
}

/** What such a service says. Times are `preciseNow()`. */
export type NoopMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "began"; readonly id: string; readonly at: number }
  | {
    readonly kind: "progress";
    readonly count: number;
    /** When it had claimed its first task, and had ended its last one. */
    readonly first: number | null;
    readonly last: number;
  }
  | { readonly kind: "finished"; readonly ids: readonly string[] };

/** Starts a service and lets it begin to wait for tasks once `go` is called. */
export class NoopService implements AsyncDisposable {
  private constructor(private readonly child: BenchChild<NoopMessage>) {}

  /** @param root of the bench: it warms up in a place of its own there */
  static async start(
    root: string,
    orders: Omit<NoopOrders, "warm_directory" | "warm_queue_url" | "service_id">,
  ): Promise<NoopService> {
    const { queue_url } = orders;
    const service_id = `bench-${crypto.randomUUID().slice(0, 8)}`;
    const all: NoopOrders = {
      ...orders,
      service_id,
      warm_directory: freshPlace(root, "warm-up"),
      ...(queue_url === undefined ? {} : { warm_queue_url: withPrefix(queue_url, service_id) }),
    };
    const options = queue_url === undefined ? [] : REDIS_OPTIONS;
    const child = new BenchChild<NoopMessage>("./noop_service_process.ts", all, options);
    const service = new NoopService(child);
    await child.nextOf("ready");
    return service;
  }

  async go(): Promise<void> {
    await this.child.tell("go");
  }

  /** The next task that it has ended, with `tell_each`. */
  async began(): Promise<{ id: string; at: number }> {
    return await this.child.nextOf("began");
  }

  /** How far it is, without `tell_each`. */
  async progress(): Promise<{ count: number; first: number; last: number }> {
    const { count, first, last } = await this.child.nextOf("progress");
    return { count, first: first ?? Infinity, last };
  }

  /** Ends it: the ids of all tasks that it has done, one for each time. */
  async end(): Promise<readonly string[]> {
    const ended = this.child.end();
    let message = await this.child.next();
    while (message.kind !== "finished") message = await this.child.next();
    await ended;
    return message.ids;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}
