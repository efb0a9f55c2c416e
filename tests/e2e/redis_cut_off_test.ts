/** A host is cut off in mid-run: another one goes on with its tasks, and what it says late is refused. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { eventually, soon } from "../support/eventually.ts";
import {
  Gate,
  type RecordedRequest,
  type Reply,
  startModelServer,
} from "../support/model_server.ts";
import { type Program, PROJECT } from "../support/program.ts";
import { copyProjectWithMarks, type ProjectCopy } from "../support/project_copy.ts";
import { type Place, type Shown, Site, testWithHosts } from "../support/redis_site.ts";
import { stop } from "../support/scene.ts";
import { lastMessage, promptOf } from "../support/two_models.ts";

/** A task whole, and the keys that it has. */
async function everything(site: Site, place: Place, id: string): Promise<unknown> {
  const keys = await site.server.cli("KEYS", `*${id}*`);
  return [await place.show(id), keys.split("\n").sort()];
}

/** Resolves when a host has said something to Redis again. */
async function isHeard({ server }: Site, { host }: Place): Promise<void> {
  await eventually(`host ${host.name} is heard again`, async () => {
    const clients = await server.cli("CLIENT", "LIST");
    return clients.split("\n").some((client) =>
      client.includes(` addr=${host.address}:`) && / idle=[01] /.test(client)
    );
  }, 60);
}

/** That a service has said of each task once that it lets it go. */
function assertLetGo({ log }: Program, ids: readonly string[]): void {
  const lines = log.split("\n").filter((line) => line.startsWith("{")).map((l) => JSON.parse(l));
  const said = lines.filter(({ message }) => message.includes("is let go"));
  assertEquals(said.map(({ properties }) => properties.id).sort(), [...ids].sort(), log);
}

async function completedElsewhere(place: Place, id: string, seconds: number): Promise<Shown> {
  return await eventually(`${id} completed on another host`, async () => {
    const shown = await place.show(id);
    return shown.state === "completed" && shown;
  }, seconds);
}

const CUT_SECONDS = 40;

testWithHosts(
  "cut off in mid-run: the task goes on elsewhere, and what comes late is refused",
  async () => {
    await using site = await Site.open();
    const held = new Gate();
    await using model = await startModelServer((request) => {
      if (promptOf(request) !== "slow") return { text: "at once" };
      return request.number === 1 ? { gate: held, text: "late" } : { text: "in time" };
    }, site.network.address);
    const env = { OPENAI_BASE_URL: model.base_url };
    const [first, second] = [await site.place("a", { env }), await site.place("b", { env })];
    const desk = await site.place("main", { env });
    const lost = await first.service();
    await desk.add("t1", "slow");
    await soon("the model call", model.request(1));
    const other = await second.service();

    const cut = performance.now();
    await first.host.cutOff();
    held.release();
    await completedElsewhere(desk, "t1", 30);
    const ended = await everything(site, desk, "t1");
    const done = await desk.show("t1");
    assertEquals(done.result, "in time");
    assertEquals(done.attempts?.map(({ outcome }) => outcome), ["crashed", "completed"]);
    assertEquals(done.attempts?.[1]?.service_id === done.attempts?.[0]?.service_id, false);
    assertEquals(await site.told("c1"), ["t1-completed"]);

    const left = CUT_SECONDS * 1_000 - (performance.now() - cut);
    await new Promise((resolve) => setTimeout(resolve, left));
    await first.host.reconnect();
    // Alone it takes the next one, so by then it has sent whatever it had to send.
    assertEquals((await stop(other)).code, 0);
    await desk.add("t2", "quick");
    await completedElsewhere(desk, "t2", 60);
    assertLetGo(lost, ["t1"]);
    assertEquals(await everything(site, desk, "t1"), ended);
    assertEquals(await site.told("c1"), ["t1-completed", "t2-completed"]);
    assertEquals((await stop(lost)).code, 0);
  },
);

/** A bell over HTTP that keeps who rings it waiting. */
class Bell implements AsyncDisposable {
  readonly rung: string[] = [];
  readonly gate = new Gate();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(hostname: string) {
    this.#server = Deno.serve({ hostname, port: 0, onListen: () => {} }, async (request) => {
      this.rung.push(new URL(request.url).searchParams.get("key") ?? "");
      await this.gate.pass();
      return new Response("it rang");
    });
  }

  get url(): string {
    const { hostname, port } = this.#server.addr;
    return `http://${hostname}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gate.release();
    await this.#server.shutdown();
  }
}

const RING = { tool_calls: [{ name: "ring_once", arguments: {} }] };

/**
 * The model of three tasks. Asked first about "inside" it rings at once. Its first answers to the
 * others are held until `first` is let go, all later ones until `later` is.
 */
class Part {
  readonly first = new Gate();
  readonly later = new Gate();
  readonly asked = new Map<string, number>();

  answer(request: RecordedRequest): Reply {
    const id = promptOf(request);
    const times = (this.asked.get(id) ?? 0) + 1;
    this.asked.set(id, times);
    if (id === "after") return { text: "at once" };
    if (times === 1 && id === "inside") return RING;
    if (times === 1) return { gate: this.first, ...(id === "ring" ? RING : { text: "late" }) };
    const isDone = id === "answer" || lastMessage(request).role === "tool";
    return { gate: this.later, ...(isDone ? { text: "in time" } : RING) };
  }
}

/** The project's programs with `ring_once`. */
async function copyProjectWithBell(): Promise<ProjectCopy> {
  const project = await copyProjectWithMarks();
  const source = join(PROJECT, "tests", "support", "tools", "ring_once.ts");
  await Deno.copyFile(source, join(project.directory, "tools", "ring_once.ts"));
  return project;
}

function toolSteps({ journal }: Shown): string[] {
  return journal.map(({ type }) => type).filter((type) => type.startsWith("tool_"));
}

testWithHosts(
  'a host that lost Redis alone: no late answer counts, no "once" tool runs twice',
  async () => {
    await using site = await Site.open();
    await using bell = new Bell(site.network.address);
    await using project = await copyProjectWithBell();
    const part = new Part();
    await using model = await startModelServer((r) => part.answer(r), site.network.address);
    const allow = { net: [new URL(bell.url).host] };
    const settings = {
      env: { OPENAI_BASE_URL: model.base_url },
      project: project.directory,
      tools: { ring_once: { settings: { url: bell.url }, allow } },
    };
    const [first, second] = [await site.place("a", settings), await site.place("b", settings)];
    const desk = await site.place("main");
    const lost = await first.service();
    const ids = ["answer", "inside", "ring"];
    for (const id of ids) await desk.add(id, id);
    await soon("three model calls", model.request(3));
    await eventually("a tool that has begun", () => bell.rung.length === 1);
    const other = await second.service();

    await Promise.all([first.host.isolate(), site.redis.isolate()]);
    // The model's answers and the tool's come to a host that can tell nobody.
    part.first.release();
    bell.gate.release();
    const isElsewhere = () => ids.every((id) => (part.asked.get(id) ?? 0) >= 2);
    await eventually("all of them go on elsewhere", isElsewhere, 30);
    // What the old owner has to say arrives while the new one is in mid-run.
    await Promise.all([first.host.reconnect(), site.redis.reconnect()]);
    await isHeard(site, first);
    part.later.release();
    for (const id of ids) await completedElsewhere(desk, id, 30);
    assertEquals((await stop(other)).code, 0);
    await desk.add("after", "after");
    await completedElsewhere(desk, "after", 60);

    assertLetGo(lost, ids);
    const shown = await Promise.all(ids.map((id) => desk.show(id)));
    assertEquals(shown.map(({ result }) => result), ids.map(() => "in time"));
    assert(!JSON.stringify(shown).includes('"late"'), "an answer counts that came too late");
    const once = ["tool_started", "tool_finished"];
    assertEquals(shown.map(toolSteps), [[], once, once]);
    assertStringIncludes(JSON.stringify(shown[1]), "its outcome is unknown");
    assertEquals(bell.rung.map((key) => key.split("/")[0]).sort(), ["inside", "ring"]);
    const told = ["after", ...ids].map((id) => `${id}-completed`);
    assertEquals(await site.told("c1"), told);
    assertEquals((await stop(lost)).code, 0);
  },
);
