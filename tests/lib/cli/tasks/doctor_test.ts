import { assertEquals, assertStringIncludes } from "@std/assert";
import { withStorage } from "../../../support/temp_storage.ts";
import { announce, run } from "./tasks_fixture.ts";

Deno.test("tasks doctor tells of services and their tools, and says so when none runs", async () => {
  await withStorage(async (storage) => {
    const alone = await run(storage, "doctor");
    assertEquals(alone.code, 0);
    assertStringIncludes(alone.stdout, "No background service is running");
    const announced = await announce(storage, {
      tools: [
        {
          name: "get_weather",
          permissions: { net: ["api.open-meteo.com"] },
          effects: "none",
          enabled: true,
          reason: null,
        },
        {
          name: "shell",
          permissions: { run: true },
          effects: "once",
          enabled: false,
          reason: "needs run",
        },
        {
          name: "broken",
          permissions: {},
          effects: "once",
          enabled: false,
          reason: "it throws",
        },
        {
          name: "off",
          permissions: {},
          effects: "none",
          enabled: false,
          reason: '"off".enabled is false in tools.json',
        },
        {
          name: "search",
          permissions: {},
          effects: "none",
          enabled: false,
          reason: "it needs a server",
          off: true,
        },
      ],
    });
    const text = await run(storage, "doctor");
    const json = await run(storage, "doctor --json");
    await announced.withdraw();
    const table = text.stdout.split("\n").slice(4, 10);
    assertEquals(table, [
      "     TOOL         MAY                     EFFECTS",
      "  ✓  get_weather  net=api.open-meteo.com  none",
      "  ✗  shell        run                     once     needs run",
      "  ✗  broken       –                       –        it throws",
      '  ✗  off          no permissions          none     "off".enabled is false in tools.json',
      "  ✗  search       no permissions          none     it needs a server",
    ]);
    assertEquals(json.json().problems, [
      'Service s1 runs without the tool "shell": needs run',
      'Service s1 runs without the tool "broken": it throws',
    ]);
    assertEquals([text.code, json.code, json.json().services[0].tools.length], [1, 1, 5]);
  });
});

Deno.test("tasks doctor names what a person should look at, and is exit 1 then", async () => {
  await withStorage(async (storage) => {
    await Deno.writeTextFile(`${storage.layout.rejected}/t1.abc.json`, "{}");
    await storage.queue.enqueue({ conversation_id: "c1", prompt: "p", id: "t1" });
    const claimed = await storage.queue.claim(AbortSignal.timeout(10_000));
    const { code, stdout } = await run(storage, "doctor");
    await claimed!.finish({ kind: "interrupted" });
    assertEquals(code, 1);
    assertStringIncludes(stdout, "! Duplicates of ids that existed lie in ");
    assertStringIncludes(stdout, "! Running tasks (1) wait for a service");
  });
});

Deno.test("tasks doctor names what every service leaves in pending/", async () => {
  await withStorage(async (storage) => {
    const pending = storage.layout.state("pending");
    await Deno.mkdir(`${pending}/folder.json`);
    const newer = { version: 2, conversation_id: "c1", prompt: "p" };
    await Deno.writeTextFile(`${pending}/newer.json`, JSON.stringify(newer));
    const { code, stdout } = await run(storage, "doctor");
    assertEquals(code, 1);
    assertEquals(stdout.split("\n").filter((line) => line.startsWith("!")), [
      `! "${pending}/folder.json" is left where it is: it is no regular file; move it away`,
      "! Task newer is left pending: its version 2 is newer than this program; " +
      "run it with a newer one",
    ]);
  });
});
