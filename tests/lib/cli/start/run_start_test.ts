import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { startModelServer } from "../../../support/model_server.ts";
import { denoArgs, PROJECT } from "../../../support/program.ts";
import { TempDir } from "../../../support/storage_fixture.ts";

const SCRIPT = fromFileUrl(new URL("./asks_for_run.ts", import.meta.url));

Deno.test("runStart() gives up the right to start programs, and its service ends all the same", async () => {
  await using dir = await TempDir.make();
  await using server = await startModelServer([{ text: "Hello." }]);
  const { stdout, stderr } = await new Deno.Command("deno", {
    args: [...denoArgs("start").slice(0, -1), SCRIPT, "--dir", dir.path, "--message", "hi"],
    cwd: PROJECT,
    env: { OPENAI_BASE_URL: server.base_url },
  }).output();
  assertEquals(
    [new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)],
    ["Hello.\ngranted, 0, prompt\n", ""],
  );
  assertEquals([...Deno.readDirSync(`${dir.path}/services`)], []);
});
