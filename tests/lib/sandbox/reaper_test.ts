/** Tool processes whose service was killed. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Launch } from "../../../lib/sandbox/launch.ts";
import { reapToolProcess } from "../../../lib/sandbox/reaper.ts";
import type { ToolProcessInfo } from "../../../lib/sandbox/toolbox.ts";
import { LAUNCHES } from "../../support/launches.ts";
import { toolSource, withProject } from "./toolbox_fixture.ts";

const SERVICE = fromFileUrl(new URL("./lonely_service.ts", import.meta.url));

/** A tool process in a service that gets SIGKILL while the tool is in the middle of a call. */
async function withOrphan(
  launch: Launch,
  runBody: string,
  body: (orphan: ToolProcessInfo) => Promise<void>,
): Promise<void> {
  await withProject({
    tools: { stays: toolSource("stays", `context.artifact("now", ""); ${runBody}`) },
  }, async (directory) => {
    const service = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", SERVICE, directory, JSON.stringify(launch)],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const [line = ""] = await firstLine(service.stdout);
    const orphan = JSON.parse(line) as ToolProcessInfo;
    assert(await isAlive(orphan));
    service.kill("SIGKILL");
    await service.status;
    await body(orphan);
    assertEquals(await isAlive(orphan), false);
  });
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n");
}

async function isAlive({ pid, instance }: ToolProcessInfo): Promise<boolean> {
  const [program, ...args] = Deno.build.os === "linux"
    ? ["cat", `/proc/${pid}/cmdline`]
    : ["ps", "-ww", "-o", "args=", "-p", String(pid)];
  const { stdout } = await new Deno.Command(program ?? "", { args }).output();
  return new TextDecoder().decode(stdout).includes(instance);
}

/** Resolves when the process is gone; the test's own time limit is the bound. */
async function gone(process: ToolProcessInfo): Promise<void> {
  while (await isAlive(process)) { /* asking takes a moment itself */ }
}

const ORPHANS: Record<string, string> = {
  loops: `for (;;);`,
  waits: `await new Promise(() => {});`,
  "closed its standard input and loops": `Deno.stdin.close(); for (;;);`,
  "refuses every signal it can and loops": `
    for (const name of ["SIGTERM", "SIGHUP", "SIGINT", "SIGPIPE"]) Deno.addSignalListener(name, () => {});
    for (;;);`,
};

for (const [way, launch] of Object.entries(LAUNCHES)) {
  for (const [does, run] of Object.entries(ORPHANS)) {
    Deno.test(`a tool process that ${does} ends by itself when its service is killed${way}`, async () => {
      await withOrphan(launch, run, gone);
    });
  }

  Deno.test(`reapToolProcess() resolves once a looping tool of a killed service is gone${way}`, async () => {
    await withOrphan(launch, `for (;;);`, async (orphan) => {
      await reapToolProcess(orphan, launch);
      assertEquals(await isAlive(orphan), false);
    });
  });

  Deno.test(`reapToolProcess() kills a process that carries the token${way}`, async () => {
    const instance = crypto.randomUUID();
    const loop = new Deno.Command(Deno.execPath(), {
      args: ["eval", "for (;;);", instance],
      detached: true,
    }).spawn();
    await reapToolProcess({ pid: loop.pid, instance }, launch);
    assertEquals((await loop.status).signal, "SIGKILL");
  });

  Deno.test(`reapToolProcess() leaves another program alone that has the pid by now${way}`, async () => {
    const other = new Deno.Command("sleep", { args: ["60"] }).spawn();
    await reapToolProcess({ pid: other.pid, instance: crypto.randomUUID() }, launch);
    other.kill("SIGTERM");
    assertEquals((await other.status).signal, "SIGTERM");
  });

  Deno.test(`reapToolProcess() resolves for a pid that nobody has${way}`, async () => {
    const short = new Deno.Command("true").spawn();
    await short.status;
    await reapToolProcess({ pid: short.pid, instance: crypto.randomUUID() }, launch);
  });

  Deno.test(`reapToolProcess() refuses a token that would fit every process${way}`, async () => {
    const error = await assertRejects(
      () => reapToolProcess({ pid: 2, instance: "" }, launch),
      Error,
    );
    assertMatch(
      error.message,
      /^Cannot end the tool process 2 of a service that is gone: .*token/s,
    );
  });

  Deno.test(`reapToolProcess() kills what a tool has started that is gone itself${way}`, {
    ignore: Deno.build.os !== "linux",
  }, async () => {
    const instance = crypto.randomUUID();
    const short = new Deno.Command("true").spawn();
    await short.status;
    const start = (TOOL_INSTANCE: string) =>
      new Deno.Command("sleep", { args: ["60"], detached: true, env: { TOOL_INSTANCE } }).spawn();
    const [left, other] = [start(instance), start(crypto.randomUUID())];
    await reapToolProcess({ pid: short.pid, instance }, launch);
    assertEquals((await left.status).signal, "SIGKILL");
    other.kill("SIGTERM");
    assertEquals((await other.status).signal, "SIGTERM");
  });
}
