/**
 * Hosts on a network of their own: Linux network namespaces, each wired to one switch.
 *
 * ```ts
 * await using network = await HostNetwork.open();
 * const host = await network.host("redis");
 * new Deno.Command(host.under[0], { args: [...host.under.slice(1), "redis-server", …] });
 * await host.cutOff(); // its packets vanish, nobody is told
 * await host.reconnect();
 * ```
 *
 * It needs root. Where it does not work, `hostsProblem` says why.
 */

/** Addresses of the range that is set aside for tests of networks (RFC 2544). */
const NETWORKS = 512;
/** The first is this process's; each host has one more. */
const MAX_ADDRESSES = 8;

/** A machine, as far as the network goes; files and processes are those of this one. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** The command that a program and its arguments are added to, to run there. */
  readonly under: readonly string[];
  /** Takes its cable out of the switch: packets vanish both ways, connections stay open. */
  cutOff(): Promise<void>;
  /**
   * Cuts it off from the other hosts that are isolated, and from no one else: this process still
   * reaches it.
   */
  isolate(): Promise<void>;
  /** Undoes `cutOff` and `isolate`. */
  reconnect(): Promise<void>;
}

/** Why hosts cannot be made here, for the name of a test that is left out; else `undefined`. */
export async function hostsProblem(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "needs Linux";
  try {
    await using _ = await HostNetwork.open();
    return undefined;
  } catch {
    return "needs root and iproute2";
  }
}

export class HostNetwork implements AsyncDisposable {
  #hosts = 0;

  private constructor(
    /** All its namespaces begin with it; its end of this process's cable has that name. */
    private readonly id: string,
    private readonly subnet: string,
    private readonly guard: Guard,
  ) {}

  /** @throws without the rights or the programs that it takes */
  static async open(): Promise<HostNetwork> {
    const number = await claimNumber();
    const id = idOf(number);
    const subnet = `198.${18 + (number >> 8)}.${number & 255}`;
    const network = new HostNetwork(id, subnet, new Guard(id));
    try {
      await sh(`
        ip -n ${id}-hub link add br0 type bridge
        ip -n ${id}-hub link set br0 up
        ip link add ${id} address ${macOf(1)} type veth peer name port1 netns ${id}-hub
        ip -n ${id}-hub link set port1 master br0 up
        ip link set ${id} up
        ip addr add ${subnet}.1/24 dev ${id}
        ${neighbours(1, subnet, "ip neigh", id)}
      `);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Under which all hosts reach this process. */
  get address(): string {
    return `${this.subnet}.1`;
  }

  /** Plugs in one more host. */
  async host(name: string): Promise<Host> {
    const number = ++this.#hosts + 1;
    if (number > MAX_ADDRESSES) throw new RangeError("there is no address left");
    const [hub, namespace, port] = [`${this.id}-hub`, `${this.id}-${name}`, `port${number}`];
    const address = `${this.subnet}.${number}`;
    await sh(`
      ip netns add ${namespace}
      ip -n ${namespace} link set lo up
      ip -n ${hub} link add ${port} type veth peer name eth0 address ${macOf(number)} \
        netns ${namespace}
      ip -n ${hub} link set ${port} master br0 up
      ip -n ${namespace} link set eth0 up
      ip -n ${namespace} addr add ${address}/24 dev eth0
      ${neighbours(number, this.subnet, `ip -n ${namespace} neigh`, "eth0")}
    `);
    const change = (settings: string) => sh(`ip -n ${hub} link set ${port} ${settings}`);
    return {
      name,
      address,
      under: ["ip", "netns", "exec", namespace],
      cutOff: () => change("nomaster"),
      isolate: () => change("type bridge_slave isolated on"),
      reconnect: async () => {
        await change("master br0");
        await change("type bridge_slave isolated off");
      },
    };
  }

  /** Ends what runs on the hosts, and removes them. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.guard.release();
  }
}

/** A number that no other network of this machine has; its hub is made. */
async function claimNumber(): Promise<number> {
  const first = Math.floor(Math.random() * NETWORKS);
  for (let i = 0; i < NETWORKS; i++) {
    const number = (first + i) % NETWORKS;
    try {
      await sh(`ip netns add ${idOf(number)}-hub`);
      return number;
    } catch (error) {
      if (!String(error).includes("File exists")) throw error;
    }
  }
  throw new Error("all networks are taken");
}

function idOf(number: number): string {
  return `bts${number}`;
}

function macOf(number: number): string {
  return `02:00:00:00:00:0${number}`;
}

// Who asks who has an address, and gets no answer, soon tells the program that the host cannot be
// reached. A router on the way tells nobody. So nobody asks.
function neighbours(self: number, subnet: string, command: string, device: string): string {
  const all = Array.from({ length: MAX_ADDRESSES }, (_, i) => i + 1);
  return all.filter((number) => number !== self)
    .map((n) => `${command} add ${subnet}.${n} lladdr ${macOf(n)} dev ${device} nud permanent`)
    .join("\n");
}

async function sh(script: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-e", "-c", script],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** Removes the hosts when it is released, or when this process ends, however it does. */
class Guard {
  readonly #child: Deno.ChildProcess;

  constructor(id: string) {
    this.#child = new Deno.Command("sh", {
      args: ["-c", GUARD, "sh", id],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async release(): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.status;
  }
}

const GUARD = `
trap : INT TERM HUP
read -r _
for namespace in $(ip netns list | cut -d " " -f 1 | grep "^$1-"); do
  kill -9 $(ip netns pids $namespace)
  ip netns del $namespace
done
`;
