import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FlagError } from "../../../../lib/config_error.ts";
import { UsageError } from "../../../../lib/cli/usage_error.ts";
import { TempDir } from "../../../support/storage_fixture.ts";
import { withStorage } from "../../../support/temp_storage.ts";
import { ended, FAILED, OFFLINE, run } from "./tasks_fixture.ts";

Deno.test("tasks move says what it moved, and is exit 1 where something stays", async () => {
  await withStorage(async (storage, dir) => {
    await using other = await TempDir.make();
    await ended(storage, "x", FAILED);
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "y" });
    const config = { ...OFFLINE, base_dir: other.path };
    const line = ["move", "--from", dir, "--to", "there"];
    const move = () => run(storage, line, undefined, { config });
    const first = await move();
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(first.stdout, `Moved 2 tasks from ${dir} to ${other.path}/there.\n`);
    assertEquals((await move()).stdout, `There are no tasks in ${dir}.\n`);

    await storage.queue.enqueue({ conversation_id: "c1", prompt: "another", id: "y" });
    const refused = await move();
    assertEquals(refused.code, 1);
    assertEquals(refused.stdout, `Moved 0 tasks from ${dir} to ${other.path}/there.\n`);
    const reason = `"${other.path}/there" has another task of that id`;
    assertEquals(refused.stderr, `error: task "y" stays in ${dir}: ${reason}\n`);
    const json = await run(storage, [...line, "--json"], undefined, { config });
    assertEquals([json.code, json.stderr], [1, ""]);
    assertEquals(json.json(), { moved: 0, already_there: 0, left: [{ id: "y", reason }] });
  });
});

Deno.test("tasks move names a few of many that stay, and counts the others", async () => {
  await withStorage(async (storage, dir) => {
    await using other = await TempDir.make();
    for (let i = 0; i < 23; i++) {
      Deno.writeTextFileSync(`${dir}/tasks/completed/t${i}.json`, "{");
    }
    const { code, stderr } = await run(storage, ["move", "--from", dir, "--to", other.path]);
    assertEquals([code, stderr.split("\n").length], [1, 22]);
    assertStringIncludes(stderr, "error: 3 tasks more stay; --json names all of them\n");
  });
});

Deno.test("tasks move refuses what is no place, and one place for both", async () => {
  await withStorage(async (storage, dir) => {
    const refused = (from: string, to: string) =>
      assertRejects(() => run(storage, ["move", "--from", from, "--to", to]), Error);
    const same = await refused(dir, `${dir}/.`);
    assertEquals([same.constructor, same.message], [
      UsageError,
      `--from and --to are both "${dir}"; name two places`,
    ]);
    const missing = await refused(`${dir}/tmp`, dir);
    assertEquals(missing.constructor, FlagError);
    assertStringIncludes(missing.message, `--from: expected a directory of tasks or redis://…`);
    const http = await refused("http://user:secret@h", dir);
    assertEquals(http.constructor, FlagError);
    assertStringIncludes(http.message, "--from: expected redis:// or rediss:// (TLS) at the begin");
    assertEquals(http.message.includes("secret"), false);
  });
});

Deno.test("tasks move stops at Ctrl-C, and says so by its exit code", async () => {
  await withStorage(async (storage, dir) => {
    await using other = await TempDir.make();
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "x" });
    const line = ["move", "--from", dir, "--to", other.path, "--json"];
    const stopped = await run(storage, line, AbortSignal.abort());
    assertEquals([stopped.code, stopped.json().moved], [130, 0]);
    assertEquals((await run(storage, line)).json(), { moved: 1, already_there: 0, left: [] });
  });
});
