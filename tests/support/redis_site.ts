/** Hosts whose programs share only a Redis, which is on a host of its own. */
import { assertEquals } from "@std/assert";
import type { TaskRecord } from "../../lib/task/record.ts";
import { type Host, HostNetwork, hostsProblem } from "./network_hosts.ts";
import type { Program } from "./program.ts";
import { redisProblem, RedisServer } from "./redis_server.ts";
import { type Json, Scene } from "./scene.ts";

const problem = redisProblem ?? await hostsProblem();

/** Declares a test that needs hosts and Redis; it is left out where there are none to be had. */
export function testWithHosts(name: string, fn: () => Promise<void>): void {
  const left_out = problem === undefined ? "" : ` (left out: ${problem})`;
  Deno.test({ name: name + left_out, ignore: problem !== undefined, fn });
}

/** A network with Redis on one of its hosts. */
export class Site implements AsyncDisposable {
  private constructor(
    readonly network: HostNetwork,
    readonly redis: Host,
    readonly server: RedisServer,
    private readonly rest: AsyncDisposableStack,
  ) {}

  static async open(): Promise<Site> {
    await using opening = new AsyncDisposableStack();
    const network = opening.use(await HostNetwork.open());
    const redis = await network.host("redis");
    const server = opening.use(
      await RedisServer.start({ password: crypto.randomUUID(), host: redis }),
    );
    return new Site(network, redis, server, opening.move());
  }

  /** A host whose programs use that Redis. */
  async place(name: string, settings: PlaceSettings = {}): Promise<Place> {
    const host = await this.network.host(name);
    const env = { QUEUE_URL: this.server.url, ...settings.env };
    return new Place(host, this.rest.use(await Scene.open(env, settings)));
  }

  /** The ids of all notifications that a conversation was sent, shown or not, sorted. */
  async told(conversation_id: string): Promise<string[]> {
    const ids = await this.server.cli("HKEYS", `{bts}:told:${conversation_id}`);
    return ids === "" ? [] : ids.split("\n").sort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rest.disposeAsync();
  }
}

export interface PlaceSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly tools?: Json;
  readonly project?: string;
}

/** A host and its programs, with a directory of their own. */
export class Place {
  constructor(readonly host: Host, readonly scene: Scene) {}

  service(args: readonly string[] = []): Promise<Program> {
    return this.scene.service(args, { under: this.host.under });
  }

  /** A turn of main, in JSON. */
  async main(...args: readonly string[]): Promise<{ report: Json; stderr: string }> {
    const { code, stdout, stderr } = await this.scene.main([...args, "--json"], {
      under: this.host.under,
    });
    assertEquals(code, 0, stderr);
    return { report: JSON.parse(stdout), stderr };
  }

  /** `tasks show`, in JSON. */
  async show(id: string): Promise<Shown> {
    const { code, stdout, stderr } = await this.scene.tasks(["show", id, "--json"], {
      under: this.host.under,
    });
    assertEquals(code, 0, stderr);
    return JSON.parse(stdout);
  }

  async add(id: string, prompt: string): Promise<void> {
    const flags = ["--id", id, "--conversation", "c1", "--prompt", prompt];
    const { code, stderr } = await this.scene.tasks(["add", ...flags], { under: this.host.under });
    assertEquals(code, 0, stderr);
  }
}

/** What `tasks show --json` prints. */
export type Shown = TaskRecord & { readonly state: string; readonly journal: readonly Entry[] };

interface Entry {
  readonly type: string;
  readonly [field: string]: unknown;
}
