/** Those who hand in, cancel, retry and read, all at the same time. */
import { sleep } from "../../lib/sleep.ts";
import type { Random } from "../simulation/random.ts";
import type { StormEngine } from "./storm_engine.ts";
import type { Witness } from "./witness.ts";
import { chooseKind, type Kind, type Oracle } from "./workload.ts";

/** What is known of one task. */
export interface Entry {
  readonly id: string;
  readonly kind: Kind;
  readonly conversation_id: string;
  /** The queue has said that it is there: before, nobody else can know of it. */
  accepted: boolean;
  /** Somebody asked for it to be cancelled. */
  cancelAsked: boolean;
  /** And was told that it is. */
  cancelled: boolean;
  /** A person was told that it is retried. */
  retried: boolean;
  /** How often it was handed in once more, past the queue. */
  duplicates: number;
}

/** What all of them share. */
export interface World {
  readonly engine: StormEngine;
  readonly entries: Map<string, Entry>;
  readonly oracle: Oracle;
  readonly witness: Witness;
  readonly faults: string[];
  /** How many notifications were shown. */
  shown: number;
}

const CONVERSATIONS = 16;
/** So many tasks may wait before the producer does. */
const BACKLOG = 120;

/**
 * Hands in tasks: most through the queue, some as other programs do, some twice.
 *
 * @param perSecond at most
 */
export async function produce(
  world: World,
  random: Random,
  perSecond: number,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  for (let made = 0; !signal.aborted;) {
    const due = Math.floor((performance.now() - began) / 1_000 * perSecond);
    const room = BACKLOG - await world.engine.waiting();
    for (let i = Math.min(due - made, room, perSecond); i > 0 && !signal.aborted; i--) {
      await handIn(world, random, `t${String(++made).padStart(6, "0")}`);
    }
    await sleep(20 + random.int(60), signal);
  }
}

async function handIn(world: World, random: Random, id: string): Promise<void> {
  const kind = chooseKind(random);
  const conversation_id = `c${random.int(CONVERSATIONS)}`;
  const entry = {
    id,
    kind,
    conversation_id,
    accepted: false,
    cancelAsked: false,
    cancelled: false,
    retried: false,
    duplicates: 0,
  };
  world.entries.set(id, entry);
  const request = { id, conversation_id, prompt: id, priority: random.int(3) };
  const { engine } = world;
  const { queue } = engine.storage;
  if (kind === "invalid") await engine.handIn(id, { ...request, prompt: 7 });
  else if (random.chance(0.3)) await engine.handIn(id, request);
  else {
    const { created } = await queue.enqueue(request);
    if (!created) world.faults.push(`${id} was new and is said to exist already`);
  }
  entry.accepted = true;
  if (kind !== "invalid" && random.chance(0.03)) {
    const { created } = await queue.enqueue(request);
    // The first may be in one state at each look while it moves: then the second is set aside.
    if (created) entry.duplicates++;
  }
}

/** Hands in a completed task's id once more now and then, as another program. */
export async function duplicate(world: World, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(random.int(800), signal);
    const entry = pickEntry(world, random, ({ kind }) => kind === "plain");
    if (entry === undefined || signal.aborted) continue;
    const { id, conversation_id } = entry;
    const task = await world.engine.storage.queue.get(id);
    // Where it still waits, a file would replace it.
    if (task?.state !== "completed") continue;
    entry.duplicates++;
    await world.engine.handIn(id, { conversation_id, prompt: id });
  }
}

/** Cancels tasks that were handed in a moment ago. */
export async function cancel(world: World, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(random.int(600), signal);
    const entry = pickEntry(
      world,
      random,
      ({ kind }) => ["plain", "slow", "tools", "once", "long", "busy"].includes(kind),
      60,
    );
    if (entry === undefined || signal.aborted) continue;
    entry.cancelAsked = true;
    const answer = await world.engine.storage.queue.cancel(entry.id);
    if (answer.ok && answer.task.state === "failed") entry.cancelled = true;
    else if (!answer.ok && answer.reason === "unknown") {
      world.faults.push(`${entry.id} is said to be unknown`);
    }
  }
}

/** Retries what the model has refused. */
export async function retry(world: World, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(random.int(300), signal);
    const entry = pickEntry(
      world,
      random,
      ({ kind, retried }) => kind === "refused" && !retried,
      2_000,
    );
    if (entry === undefined || signal.aborted) continue;
    const task = await world.engine.storage.queue.get(entry.id);
    if (task?.state !== "failed" || task.record.error?.code !== "model_rejected") continue;
    world.oracle.allowed.add(entry.id);
    entry.retried = await retryOnce(world, entry.id, random.chance(0.3));
  }
}

async function retryOnce(world: World, id: string, fresh: boolean): Promise<boolean> {
  try {
    const answer = await world.engine.storage.queue.retry(id, { fresh });
    if (!answer.ok) world.faults.push(`the retry of ${id} was refused: ${answer.reason}`);
    return answer.ok;
  } catch (error) {
    // A service looks at it, because a second task of its id came in: then one tries again.
    if (error instanceof Error && error.message.endsWith("try again")) return false;
    throw error;
  }
}

/** Shows notifications as they come, and acknowledges most of them. */
export function read(world: World, random: Random): { close(): void } {
  const { notifications } = world.engine.storage;
  const watches = Array.from(
    { length: CONVERSATIONS },
    (_, i) =>
      notifications.watch(`c${i}`, async (notification) => {
        world.shown++;
        world.witness.see(notification.task_id);
        if (random.chance(0.95)) await notifications.acknowledge(notification);
      }),
  );
  return { close: () => watches.forEach((watch) => watch.close()) };
}

function pickEntry(
  { entries }: World,
  random: Random,
  fits: (entry: Entry) => boolean,
  newest = Infinity,
): Entry | undefined {
  const all = [...entries.values()].slice(-newest).filter((entry) => entry.accepted && fits(entry));
  return all.length === 0 ? undefined : random.pick(all);
}
