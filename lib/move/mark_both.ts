/** The mark at both places of a move, so that no service and no other move begins there. */
import { RECORD_VERSION } from "../task/record.ts";
import { type FoundMark, type MoveMark, MoveRefused, whyRefused } from "../task/move_mark.ts";
import { formatTime } from "../task/time.ts";
import { systemRuntime } from "../runtime.ts";
import type { TaskStore } from "./task_store.ts";

export interface Marks {
  /** An earlier move of these two places was cut short, and this one goes on with it. */
  readonly resumed: boolean;
  /** Aborted, with an error for people as its reason, when one of them is lost. */
  readonly lost: AbortSignal;
  /** With `remove` they are gone then; else this move counts as cut short. */
  release(options: { readonly remove: boolean }): Promise<void>;
}

/** @throws {MoveRefused} while another move has one of them, or one has to be finished first */
export async function markBoth(from: TaskStore, to: TaskStore): Promise<Marks> {
  const there = await findBoth(from, to);
  assertFree(from, to, there);
  const earlier = there[0]?.mark ?? there[1]?.mark;
  const mark: MoveMark = {
    version: RECORD_VERSION,
    // An earlier move's token stays: a crash between the two would else leave different ones.
    token: earlier?.token ?? crypto.randomUUID(),
    from: from.place,
    to: to.place,
    started_at: formatTime(systemRuntime.now()),
  };
  const resumed = earlier !== undefined;
  if (!await from.mark.set(mark, there[0])) throw await beaten(from, mark);
  try {
    if (!await to.mark.set(mark, there[1])) throw await beaten(to, mark);
  } catch (error) {
    await from.mark.release({ remove: !resumed }).catch(() => {});
    throw error;
  }
  return {
    resumed,
    lost: AbortSignal.any([from.mark.lost, to.mark.lost]),
    release: async (options) => {
      // The source's last: as long as it is there, nobody works on what may be at both places.
      const [atTo] = await Promise.allSettled([to.mark.release(options)]);
      await from.mark.release(options);
      if (atTo.status === "rejected") throw atTo.reason;
    },
  };
}

type Found = readonly [from: FoundMark | undefined, to: FoundMark | undefined];

async function findBoth(from: TaskStore, to: TaskStore): Promise<Found> {
  const [atFrom, atTo] = [await from.mark.find(), await to.mark.find()];
  if (!atFrom?.alive && !atTo?.alive) return [atFrom, atTo];
  // One process has set both: where one says for certain that it is gone, both are.
  if (isOneMove([atFrom, atTo]) && !(atFrom?.alive && atTo?.alive)) {
    return [asGone(atFrom), asGone(atTo)];
  }
  return [await from.mark.watch(), await to.mark.watch()];
}

function asGone(found: FoundMark | undefined): FoundMark | undefined {
  return found === undefined ? undefined : { ...found, alive: false };
}

function isOneMove([atFrom, atTo]: Found): boolean {
  return atFrom?.mark !== undefined && atFrom.mark.token === atTo?.mark?.token;
}

function assertFree(from: TaskStore, to: TaskStore, there: Found): void {
  const [[atFrom, atTo], isOne] = [there, isOneMove(there)];
  for (const [store, found] of [[from, atFrom], [to, atTo]] as const) {
    if (found === undefined || !found.alive && (isOne || isBetween(found.mark, from, to))) {
      continue;
    }
    throw refusal(store, found);
  }
  if (atFrom !== undefined && atTo !== undefined && !isOne) throw refusal(to, atTo);
}

function refusal({ place }: TaskStore, found: FoundMark): MoveRefused {
  return new MoveRefused(whyRefused(`move tasks from or to "${place}"`, found));
}

// In either direction: who changes his mind may go back.
function isBetween(mark: MoveMark | undefined, a: TaskStore, b: TaskStore): boolean {
  return mark !== undefined && (mark.from === a.place && mark.to === b.place ||
    mark.from === b.place && mark.to === a.place);
}

async function beaten(store: TaskStore, { token, from, to }: MoveMark): Promise<MoveRefused> {
  const found = await store.mark.find();
  if (found?.mark?.token === token && found.alive) {
    return new MoveRefused(`Cannot move tasks: "${from}" and "${to}" are the same place`);
  }
  return refusal(store, found ?? { mark: undefined, alive: true, remove: "" });
}
