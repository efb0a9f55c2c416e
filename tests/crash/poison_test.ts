/** A task that takes its service down each time, under a supervisor that starts it again at once. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually, soon } from "../support/eventually.ts";
import { type RecordedRequest, type Reply, startModelServer } from "../support/model_server.ts";
import type { Program } from "../support/program.ts";
import { Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

/** Quick ones, and slow ones that only run beside the poisonous one and must not go down with it. */
const QUICK = 30;
const SLOW = 3;
const SLOW_MS = 400;

interface Loop {
  /** When each of the services was killed, by the monotonic clock. */
  readonly deaths: number[];
  /** How many others were completed at each death. */
  readonly completed: number[];
  /** The service that runs now, and where. */
  service: Program | undefined;
  scene: Scene | undefined;
}

/** Whoever asks for the poisonous task is dead by the time of the answer. */
function killer(loop: Loop): (request: RecordedRequest) => Reply {
  return (request) => {
    const prompt = promptOf(request);
    if (prompt !== "poison") {
      return { text: `did ${prompt}`, latency_ms: prompt.startsWith("slow") ? SLOW_MS : 0 };
    }
    loop.deaths.push(performance.now());
    loop.completed.push(loop.scene?.ids("completed").length ?? 0);
    loop.service?.kill("SIGKILL");
    return { hang: "before" };
  };
}

/** Starts a service again as soon as it has died, until the poisonous task is given up. */
async function supervise(scene: Scene, loop: Loop): Promise<void> {
  while (!scene.ids("failed").includes("poison")) {
    const service = loop.service = scene.start("background", ["--concurrency", "4"]);
    const givenUp = eventually("the end", () => scene.ids("failed").includes("poison"), 60);
    await Promise.race([service.ended, givenUp]);
    givenUp.catch(() => {});
  }
}

Deno.test("a task that takes its service down each time is given up, and holds up no other", async () => {
  const loop: Loop = { deaths: [], completed: [], service: undefined, scene: undefined };
  await using model = await startModelServer(killer(loop));
  await using scene = await Scene.open({
    OPENAI_BASE_URL: model.base_url,
    DURABILITY: "relaxed",
  });
  loop.scene = scene;
  // First in line, so that nobody gets on before it.
  scene.submit("poison", { prompt: "poison", priority: 100 });
  const others = [
    ...Array.from({ length: QUICK }, (_, i) => `quick-${i}`),
    ...Array.from({ length: SLOW }, (_, i) => `slow-${i}`),
  ];
  for (const id of others) scene.submit(id, { prompt: id });

  await soon("the poisonous task's end", supervise(scene, loop), 60);
  const failed = await scene.failed("poison");
  assertEquals(failed.error?.code, "service_crashed");
  assertStringIncludes(failed.error?.message ?? "", "died 4 times");
  assertEquals(loop.deaths.length, 4);

  await eventually("all others", () => scene.ids("completed").length === others.length);
  assertEquals(scene.ids("completed"), others.sort());
  assertEquals(scene.ids("failed"), ["poison"]);
  const told = [...others.map((id) => `${id}-completed.json`), "poison-failed.json"].sort();
  assertEquals(scene.notifications("c1").sort(), told);
  assertEquals((await stop(loop.service!)).code, 0);

  // It struck ever more rarely, and the others had their turn in between.
  const [, second, third, fourth] = loop.deaths as [number, number, number, number];
  assert(third - second >= 500, `struck again after ${third - second} ms`);
  assert(fourth - third >= 2_000, `struck again after ${fourth - third} ms`);
  assertEquals(loop.completed[3], others.length, `${loop.completed} were completed at its strikes`);
});
