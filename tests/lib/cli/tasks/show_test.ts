import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../../../lib/cli/usage_error.ts";
import { withStorage } from "../../../support/temp_storage.ts";
import { COMPLETED, ended, run } from "./tasks_fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("tasks show names an artifact by its file and its size, and one that is gone", async () => {
  await withStorage(async (storage) => {
    await ended(storage, "t1", { ...COMPLETED, artifacts: ["chart.png", "result.md"] } as never);
    await storage.artifacts.write("t1", "result.md", bytes("# Oslo\n"));
    const { stdout } = await run(storage, "show t1");
    const path = `${storage.layout.artifacts}/t1/result.md`;
    assertStringIncludes(stdout, `\nArtifacts\n  chart.png is gone\n  ${path} (7 bytes)\n`);
  });
});

Deno.test("tasks show names artifacts that are no files of this machine by their names", async () => {
  await withStorage(async (storage) => {
    await ended(storage, "t1", COMPLETED);
    await storage.artifacts.write("t1", "result.md", bytes("# Oslo\n"));
    const upkeep = Object.create(storage.upkeep, { artifactPath: { value: () => undefined } });
    const { stdout } = await run({ ...storage, upkeep }, "show t1");
    assertStringIncludes(stdout, "\nArtifacts\n  result.md (7 bytes)\n");
  });
});

Deno.test("tasks show --artifact prints an artifact as it is, and says which there are", async () => {
  await withStorage(async (storage) => {
    await ended(storage, "t1", COMPLETED);
    const none = await run(storage, "show t1 --artifact result.md");
    await storage.artifacts.write("t1", "result.md", bytes("# Oslo\n\x1b[31mred"));
    const shown = await run(storage, "show t1 --artifact result.md");
    assertEquals([shown.code, shown.stdout], [0, "# Oslo\n\x1b[31mred"]);
    const other = await run(storage, "show t1 --artifact ../../t1.json");
    assertEquals([none.code, none.stdout, none.stderr, other.code, other.stderr], [
      1,
      "",
      'error: Task "t1" has no artifact "result.md"; it has none\n',
      1,
      'error: Task "t1" has no artifact "../../t1.json"; it has result.md\n',
    ]);
    await assertRejects(() => run(storage, "show t1 --artifact x --json"), UsageError, "--json");
  });
});
