/** What the programs print and how they end does not depend on the engine: one life on both. */
import { assertEquals } from "@std/assert";
import { onRedis } from "../support/engines.ts";
import { type RecordedRequest, type Reply, startModelServer } from "../support/model_server.ts";
import type { ProgramName } from "../support/program.ts";
import { testWithRedis } from "../support/redis_server.ts";
import { end, Scene, stop } from "../support/scene.ts";
import { promptOf, schedules } from "../support/two_models.ts";

type Step = readonly [command: string, code: number, stdout: string, stderr: string];

/** What differs from one run to the next on one engine too. */
const VARYING: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"],
  [/\d{4}-\d\d-\d\d/g, "DAY"],
  [/\bpid \d+/g, "pid N"],
  [/\b(main-)?[0-9A-HJKMNP-TV-Z]{26}\b/g, "ID"],
  [/("(?:incarnation|host|day|instance)": )"[^"]*"/g, '$1"…"'],
  [/("(?:pid|\w*_ms|bytes|p50|p90|p99|max|started|process_start)": )[\d.]+/g, "$1…"],
  [/("(?:directory|queue)": )"[^"]*"/g, '$1"…"'],
  [/\b\d+(\.\d+)? ?(m?s|bytes|kB)\b/g, "N $2"],
  [/ {2,}/g, "  "],
];

function normal(text: string): string {
  return VARYING.reduce((seen, [pattern, name]) => seen.replace(pattern, name), text);
}

// A service's log tells more of one engine than of the other.
const QUIET = { env: { LOG_LEVEL: "fatal" } };

class Life {
  readonly steps: Step[] = [];

  constructor(private readonly scene: Scene) {}

  async run(line: string, program: ProgramName = "tasks"): Promise<void> {
    const args = line.split(" ").map((word) => word.replaceAll("_", " "));
    const { code, stdout, stderr } = await end(this.scene.start(program, args, QUIET));
    this.steps.push([line, code, normal(stdout), normal(stderr)]);
  }
}

async function live(scene: Scene): Promise<Step[]> {
  const life = new Life(scene);
  const run = (line: string, program?: ProgramName) => life.run(line, program);
  await run("add --prompt p --id later --run-at 2999-01-01T00:00:00Z --json");
  await run("add --prompt p --id later");
  await run('add --prompt good_one --id good --title Good --priority 7 --metadata {"a":1} --json');
  await run("add --prompt bad_one --id bad --max-attempts 1");
  await run("show good --json");
  await run("show good");
  await run("show nope");
  await run("show oo");
  await run("wait good --timeout 0.2");
  await run("cancel later nope");
  await run("cancel later --json");
  const service = await scene.service();
  await run("wait good bad later --timeout 60 --json");
  await run("wait good");
  await run("wait bad");
  await run("watch good --json");
  await run("add --prompt more --id more --wait=60");
  await stop(service);
  await run("list --json --sort state");
  await run("list --state failed --error cancelled --ids");
  await run("list --text GOOD --ids");
  await run("list --state running");
  await run("show good --json");
  await run("show bad --full");
  await run("show good --artifact nope");
  await run("retry good later");
  await run("retry bad --json");
  await run("retry good --fresh");
  await run("cancel bad good");
  await run("ids");
  await run("ids ba");
  await run("stats --json");
  await run("stats --models --since 1h");
  await run("prune --keep 1 --json");
  await run("prune --keep 1 --unread --yes --json");
  await run("prune --older-than 1h");
  await run("list --ids");
  await run("show more --json");
  await run("list --limit 0");
  await run("--message work_out_2^64_in_the_background --json", "main");
  await run("--message hello --conversation talk --json", "main");
  await run("--drain", "background");
  await run("stats --json");
  return life.steps;
}

function answer(request: RecordedRequest): Reply {
  if (lastWords(request).includes("in the background")) return schedules(request);
  const prompt = promptOf(request);
  if (prompt.includes("bad one")) return { status: 400, body: { error: { message: "no" } } };
  return { text: `Answer to ${prompt}` };
}

function lastWords({ body }: RecordedRequest): string {
  const isChat = body.tools?.some(({ function: { name } }) => name.startsWith("schedule"));
  return isChat ? body.messages.findLast(({ role }) => role === "user")?.content ?? "" : "";
}

testWithRedis("every command prints the same and ends the same on both engines", async () => {
  await using model = await startModelServer(answer);
  const env = { OPENAI_BASE_URL: model.base_url, OPENAI_MODEL: "m1" };
  const liveOn = async (open: typeof Scene.open) => {
    await using scene = await open(env);
    return await live(scene);
  };
  const [files, redis] = await Promise.all([liveOn(Scene.open), onRedis(liveOn)]);
  assertEquals(redis, files);
});
