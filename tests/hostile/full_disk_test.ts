/** A disk that is filled to the brim under a running service, and gets room again. */
import { assertEquals, assertMatch } from "@std/assert";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { PROJECT } from "../support/program.ts";
import { Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

/**
 * A small tmpfs at the scene's `persistent/`, in a mount namespace that ends with its last process.
 * Nothing of it is seen from outside: every look goes through a program inside.
 */
class SmallDisk implements AsyncDisposable {
  private constructor(
    private readonly path: string,
    private readonly holder: Deno.ChildProcess,
    private readonly held: Promise<unknown>,
  ) {}

  static async mount(path: string, megabytes: number): Promise<SmallDisk> {
    await Deno.mkdir(path, { recursive: true });
    const script = `mount -t tmpfs -o size=${megabytes}m,mode=700 none "$0" && echo ready && cat`;
    const holder = new Deno.Command("unshare", {
      args: ["-U", "-r", "-m", "sh", "-c", script, path],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    await soon("a small disk", reader.read());
    reader.releaseLock();
    return new SmallDisk(path, holder, holder.status);
  }

  /** Puts a program onto this disk. */
  get under(): string[] {
    const { pid } = this.holder;
    const cwd = `--wdns=${PROJECT}`;
    return ["nsenter", "-t", String(pid), "-U", "-m", "--preserve-credentials", cwd];
  }

  /** What a shell says, in this directory. */
  async sh(script: string): Promise<string> {
    const [command = "", ...args] = this.under;
    const { stdout } = await new Deno.Command(command, {
      args: [...args, "sh", "-c", `cd ${this.path} && ${script}`],
      stderr: "inherit",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  }

  names(directory: string): Promise<string> {
    return this.sh(`ls ${directory}`);
  }

  /** Writes until not a byte more fits. */
  fill(): Promise<string> {
    return this.sh("cat /dev/zero > ballast 2> /dev/null; ls -l ballast");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.holder.stdin.close();
    await this.holder.stdout.cancel();
    await this.held;
  }
}

async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-U", "-r", "-m", "mount", "-t", "tmpfs", "none", "/tmp"];
    return (await new Deno.Command("unshare", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "on a full disk the service keeps what it has, refuses new work, and goes on when there is room",
  // Needs Linux that lets this user make user and mount namespaces: a container may forbid it.
  ignore: !await canMount(),
  async fn() {
    const gates = { small: new Gate(), big: new Gate() };
    let asked = 0;
    await using model = await startModelServer((request) => {
      const prompt = promptOf(request);
      if (prompt === "small") return { text: "kept in memory", gate: gates.small };
      // Longer than what is left of any page: the journal cannot take it.
      if (prompt === "big" && asked++ === 0) return { text: "b".repeat(20_000), gate: gates.big };
      return { text: `did ${prompt}` };
    });
    await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url });
    await using disk = await SmallDisk.mount(scene.directory, 2);
    const on = { under: disk.under };
    const service = await scene.service([], on);
    const add = (id: string, ...more: string[]) =>
      scene.tasks(["add", "--id", id, "--prompt", id, "--conversation", "c1", ...more], on);

    // Their attempts would be used up at once if the disk's fault counted as theirs.
    for (const id of ["small", "big"]) assertEquals((await add(id, "--max-attempts", "1")).code, 0);
    assertEquals((await add("later", "--run-at", "2999-01-01T00:00:00Z")).code, 0);
    for (const gate of Object.values(gates)) await soon("the model call", gate.reached);
    await disk.fill();

    const refused = await add("t2");
    assertEquals(refused.code, 1);
    assertEquals(
      refused.stderr,
      `error: Cannot add the task: the disk that holds "${scene.directory}" is full; ` +
        "nothing was added, make room there and try again\n",
    );
    const chat = await scene.main(["--message", "hello"], on);
    assertEquals(chat.code, 1);
    assertMatch(
      chat.stderr,
      /^error: Nothing can be written any more: the disk that holds the tasks is full; make room/m,
    );
    // But for the files that were replaced, which are written again or removed later.
    assertEquals((await disk.names("tmp")).replace(/spare\.\S+\n?/g, ""), "");
    assertEquals(await disk.names("tasks/pending"), "later.json");
    // The answers come, and neither record has room for its end.
    for (const gate of Object.values(gates)) gate.release();
    for (const id of ["small", "big"]) {
      const complaint = new RegExp(`ending of task [^\\n]*${id}[^\\n]*No space left`);
      await soon("a complaint", service.seen(complaint, "stderr"));
    }
    assertEquals([await disk.names("tasks/running"), await disk.names("tasks/failed")], [
      "big.json\nsmall.json",
      "",
    ]);
    assertEquals(JSON.parse(await disk.sh("cat tasks/running/big.json")).prompt, "big");

    await disk.sh("rm ballast");
    assertEquals((await add("t2")).code, 0);
    const done = async (id: string) => {
      const is = async () =>
        (await disk.names("tasks/completed")).split("\n").includes(`${id}.json`);
      await eventually(`${id} in completed/`, is);
      return JSON.parse(await disk.sh(`cat tasks/completed/${id}.json`));
    };
    assertEquals((await done("t2")).result, "did t2");
    assertEquals((await done("small")).result, "kept in memory");
    const { result, attempt, attempts } = await done("big");
    assertEquals([result, attempt, attempts[0].outcome], ["did big", 1, "rate_limited"]);
    assertMatch(attempts[0].error.message, /No space left on device/);
    assertEquals(
      await disk.names("notifications/c1"),
      "big-completed.json\nsmall-completed.json\nt2-completed.json",
    );
    assertEquals(await disk.names("tasks/pending"), "later.json");
    assertEquals((await stop(service)).code, 0);
  },
});
