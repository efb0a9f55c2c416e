import { dirname, join } from "@std/path";
import { GuardedServer } from "./guarded_server.ts";

/** Where Debian has its programs, a directory for each version. */
const VERSIONS = "/usr/lib/postgresql";

/** Postgres refuses to run as root; Debian's package makes this user. */
const USER = "postgres";

/** A Postgres with the settings it comes with, reached over a Unix socket only. */
export class PostgresCluster {
  #databases = 0;

  private constructor(
    private readonly bin: string,
    /** The data and, beside it, the socket. */
    private readonly directory: string,
  ) {}

  /** The socket's path; to connect to it takes the right to write to it. */
  get socket(): string {
    return join(this.directory, ".s.PGSQL.5432");
  }

  /** The directory of the newest installed version's programs, if there is one. */
  static bin(): string | undefined {
    try {
      const versions = [...Deno.readDirSync(VERSIONS)].map(({ name }) => Number(name));
      return join(VERSIONS, String(Math.max(...versions)), "bin");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Makes its files in a fresh directory under `root`. */
  static async create(root: string, bin: string): Promise<PostgresCluster> {
    const directory = await Deno.makeTempDir({ dir: root, prefix: "postgres-" });
    if (Deno.uid() === 0) {
      await openTheWayTo(directory);
      await run(["chown", USER, directory]);
    }
    const cluster = new PostgresCluster(bin, directory);
    await run(cluster.#asOwner("initdb", "-A", "trust", "-U", USER, "-D", join(directory, "data")));
    return cluster;
  }

  /** Starts the server with one more, empty database; `url` leads to it. */
  async start(): Promise<{ server: GuardedServer; url: string }> {
    const { directory } = this;
    const settings = ["-D", join(directory, "data"), "-k", directory, "-c", "listen_addresses="];
    const server = await GuardedServer.start(
      this.#asOwner("postgres", ...settings),
      /database system is ready to accept connections/,
    );
    const name = `bench_${this.#databases++}`;
    await run([join(this.bin, "createdb"), "-h", directory, "-U", USER, name]);
    return { server, url: `socket://${USER}@${directory}?db=${name}` };
  }

  #asOwner(program: string, ...args: readonly string[]): string[] {
    const command = [join(this.bin, program), ...args];
    if (Deno.uid() !== 0) return command;
    return ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--init-groups", ...command];
  }
}

/** Bits of a directory's mode: others may pass through it, and everyone may make files in it. */
const PASSABLE = 0o001;
const STICKY = 0o1000;

/**
 * Lets the other user pass through our directories, though not see what is in them, as far up as
 * the one for temporary files; where there is none above, nothing is changed.
 */
async function openTheWayTo(directory: string): Promise<void> {
  const ours: [path: string, mode: number][] = [];
  for (let path = dirname(directory); path !== dirname(path); path = dirname(path)) {
    const mode = (await Deno.stat(path)).mode ?? 0;
    if ((mode & STICKY) !== 0) break;
    ours.push([path, mode]);
    if (dirname(path) === "/") return;
  }
  for (const [path, mode] of ours) await Deno.chmod(path, (mode & 0o777) | PASSABLE);
}

/** @throws with what it wrote when it fails */
async function run([program = "", ...args]: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd: "/" }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr).trim()}`);
}
