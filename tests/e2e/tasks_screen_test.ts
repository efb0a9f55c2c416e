/** The operator's command as a person sees it: at 80 and at 40 columns, and through a pipe. */
import { assertEquals } from "@std/assert";
import { denoArgs, PROJECT } from "../support/program.ts";
import { Pty } from "../support/pty.ts";
import { type Json, Scene } from "../support/scene.ts";

const HOUR = 3_600_000;
/** So long ago, and half an hour more: what is shown does not change while the test runs. */
const ago = (hours: number) => new Date(Date.now() - (hours + 0.5) * HOUR).toISOString();

function put(scene: Scene, state: string, id: string, fields: Json): void {
  Deno.mkdirSync(scene.path(`tasks/${state}`), { recursive: true });
  const record = { version: 1, id, conversation_id: "c1", prompt: "p", ...fields };
  Deno.writeTextFileSync(scene.path(`tasks/${state}/${id}.json`), JSON.stringify(record));
}

const RUNNING = "01M81N3RZ8KP1NFHDM21PR0SJ6";
const attempt = { run: 1, attempt: 1, service_id: "s1" };

/** One task in each state, as services leave them. */
function furnish(scene: Scene): void {
  put(scene, "pending", "01M81N3RZ8KP1NFHDM21PAAAA1", {
    title: "Later 👩‍👩‍👧",
    created_at: ago(1),
    run_at: new Date(Date.now() + 48.5 * HOUR).toISOString(),
  });
  const started_at = ago(2);
  put(scene, "running", RUNNING, {
    title: "天気予報 in Oslo, Bergen and Trondheim \u001b[31mnow",
    conversation_id: "c2",
    created_at: ago(2),
    incarnation: "i1",
    ...attempt,
    pid: 7,
    host: "h",
    started_at,
    interruptions: 1,
    attempts: [{ ...attempt, started_at }],
  });
  put(scene, "completed", "sum-1", {
    title: "What is 17*23?",
    created_at: ago(25),
    ...attempt,
    finished_at: ago(25),
    duration_ms: 1234,
    attempts: [{ ...attempt, started_at: ago(25), ended_at: ago(25), outcome: "completed" }],
    result: "391",
    artifacts: ["table.csv"],
  });
  put(scene, "failed", "01M81N3RZ8KP1NFHDM21PBBBB2", {
    title: "Book a table for the whole family at the new place in town 🍽️",
    created_at: ago(50),
    run: 2,
    attempt: 3,
    finished_at: ago(49),
    duration_ms: 61_000,
    error: { code: "model_unavailable", message: "HTTP 500", attempt: 3 },
  });
  Deno.mkdirSync(scene.path("journal"), { recursive: true });
  const journal = [
    { type: "journal_started", version: 1, incarnation: "i1" },
    { type: "attempt_started", ...attempt },
    {
      type: "model_answer",
      step: 1,
      message: { role: "assistant", content: null },
      finish_reason: "stop",
      usage: { input_tokens: 812, output_tokens: 40, estimated: false },
      model: "m",
      duration_ms: 1500,
    },
    {
      type: "tool_started",
      step: 1,
      call_id: "c",
      name: "get_weather",
      arguments: '{"place":"Oslo"}',
      effects: "none",
    },
  ];
  const lines = journal.map((entry) => JSON.stringify({ at: started_at, ...entry }) + "\n");
  Deno.writeTextFileSync(scene.path(`journal/${RUNNING}.jsonl`), lines.join(""));
}

/** What is on the screen once the command has ended. */
async function screenOf(scene: Scene, args: readonly string[], columns: number): Promise<string[]> {
  await using pty = new Pty({
    command: ["deno", ...denoArgs("tasks"), ...args, "--dir", scene.directory],
    cwd: PROJECT,
    columns,
    rows: 40,
  });
  assertEquals(await pty.exitCode(), 0);
  return pty.screen();
}

Deno.test("tasks list fits 80 columns and 40, with wide characters and emoji, and no escapes of a title", async () => {
  await using scene = await Scene.open();
  furnish(scene);
  assertEquals(await screenOf(scene, ["list"], 80), [
    "ID      STATE                           AGE     TOOK   TITLE",
    "sum-1   ✓ completed                     25h30m  1.2s   What is 17*23?",
    "PR0SJ6  ● running, step 1, get_weathe…  2h30m   2h30m  天気予報 in Oslo, Berge…",
    "PBBBB2  ✗ failed (model_unavailable)    2d2h    1m1s   Book a table for the wh…",
    "PAAAA1  ○ pending, in 2d0h              1h30m   –      Later 👩‍👩‍👧",
  ]);
  assertEquals(await screenOf(scene, ["list"], 40), [
    "ID         AGE     TITLE",
    "sum-1   ✓  25h30m  What is 17*23?",
    "PR0SJ6  ●  2h30m   天気予報 in Oslo, B…",
    "PBBBB2  ✗  2d2h    Book a table for th…",
    "PAAAA1  ○  1h30m   Later 👩‍👩‍👧",
  ]);
});

Deno.test("tasks list through a pipe is whole, with the same columns always", async () => {
  await using scene = await Scene.open();
  furnish(scene);
  const { stdout } = await scene.tasks(["list"]);
  assertEquals(stdout.split("\n"), [
    "ID                          STATE                                   AGE     TOOK   TRIES      CONVERSATION  TITLE",
    "sum-1                       ✓ completed                             25h30m  1.2s   –          c1            What is 17*23?",
    "01M81N3RZ8KP1NFHDM21PR0SJ6  ● running, step 1, get_weather (2h30m)  2h30m   2h30m  1 cut      c2            天気予報 in Oslo, Bergen and Trondheim now",
    "01M81N3RZ8KP1NFHDM21PBBBB2  ✗ failed (model_unavailable)            2d2h    1m1s   3 (run 2)  c1            Book a table for the whole family at the new place in town 🍽️",
    "01M81N3RZ8KP1NFHDM21PAAAA1  ○ pending, in 2d0h                      1h30m   –      –          c1            Later 👩‍👩‍👧",
    "",
  ]);
  const one = await scene.tasks(["list", "--state", "completed"]);
  assertEquals(one.stdout.split("\n"), [
    "ID     STATE        AGE     TOOK  TRIES  CONVERSATION  TITLE",
    "sum-1  ✓ completed  25h30m  1.2s  –      c1            What is 17*23?",
    "",
  ]);
});

Deno.test("tasks show tells of a running task at 40 columns", async () => {
  await using scene = await Scene.open();
  furnish(scene);
  const at40 = await screenOf(scene, ["show", RUNNING], 40);
  const shown = at40.map((line) => line.replace(/\d{4}-\d\d-\S+|\d\d:\d\d:\d\d/, "TIME"));
  assertEquals(shown, [
    "id            01M81N3RZ8KP1NFHDM21PR0SJ6",
    "state         ● running",
    "title         天気予報 in Oslo, Bergen",
    "              and Trondheim now",
    "conversation  c2",
    "created       TIME",
    "attempt       1 of 3",
    "interrupted   1 time",
    "service       s1 (pid 7)",
    "started       TIME",
    "duration      2h30m",
    "",
    "Prompt",
    "  p",
    "",
    "Journal",
    "  TIME  attempt 1 by service s1",
    "     +0.0s  answer 1 (1.5s, 812+40",
    "            tokens)",
    "     +0.0s  get_weather started:",
    '            {"place":"Oslo"}',
  ]);
});
