/** What the openai package reads of the environment when this project opens it. */
import { assertEquals } from "@std/assert";

// The package reads this one wherever it may; nothing else may join it unnoticed.
const READ_BY_OPENAI = ["OPENAI_CUSTOM_HEADERS"];

Deno.test("openModel() works without any right to the environment, and asks for little", async () => {
  const audit = await Deno.makeTempFile();
  const model = import.meta.resolve("../../../lib/model/openai_model.ts");
  const program = `
    import { openModel } from ${JSON.stringify(model)};
    const model = openModel({ name: "m", api_key: "k", base_url: "http://127.0.0.1:9/v1" });
    await model.complete({ messages: [] }).catch((error) => console.log(error.kind));
  `;
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1:9", "--ext=ts", "-"],
    env: { DENO_AUDIT_PERMISSIONS: audit, OPENAI_CUSTOM_HEADERS: "X-Evil: 1", OPENAI_LOG: "debug" },
    cwd: new URL("../../..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(program));
  await input.close();
  const { stdout } = await child.output();
  assertEquals(new TextDecoder().decode(stdout), "unavailable\n");
  assertEquals(await asked(audit, "env"), READ_BY_OPENAI);
  assertEquals(await asked(audit, "sys"), []);
  assertEquals(await asked(audit, "read"), []);
  await Deno.remove(audit);
});

async function asked(audit: string, permission: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(audit)).split("\n").filter((line) => line !== "");
  const entries = lines.map((line) => JSON.parse(line) as { permission: string; value: string });
  const values = entries.filter((each) => each.permission === permission).map(({ value }) => value);
  return [...new Set(values)].sort();
}
