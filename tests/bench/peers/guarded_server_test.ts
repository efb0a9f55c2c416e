import { assertEquals, assertRejects } from "@std/assert";
import { GuardedServer } from "./guarded_server.ts";
import { linesOf } from "../lines_of.ts";

/** A server that says, in a file, how it was ended. */
const SERVER = `
  Deno.addSignalListener("SIGINT", () => {
    Deno.writeTextFileSync(Deno.args[0], "stopped");
    Deno.exit();
  });
  console.log("ready");
  setInterval(() => {}, 1_000);`;

Deno.test("a server that ends before it is ready rejects with what it wrote", async () => {
  await assertRejects(
    () => GuardedServer.start(["sh", "-c", "echo no room; exit 1"], /ready/),
    Error,
    "no room",
  );
});

Deno.test("a server is asked to stop when the bench is killed", async () => {
  const file = await Deno.makeTempFile({ prefix: "bts-test-" });
  const module = new URL("guarded_server.ts", import.meta.url).href;
  const command = [Deno.execPath(), "eval", "--quiet", SERVER, file];
  const code = `
    const { GuardedServer } = await import(${JSON.stringify(module)});
    await GuardedServer.start(${JSON.stringify(command)}, /ready/);
    console.log("started");`;
  const bench = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    stdout: "piped",
  }).spawn();
  const lines = linesOf(bench.stdout);
  assertEquals((await lines.next()).value, "started");
  bench.kill("SIGKILL");
  await lines.return(undefined);
  await bench.status;
  while (await Deno.readTextFile(file) !== "stopped") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Deno.remove(file);
});
