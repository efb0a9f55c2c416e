/** What differs between the engines of a queue, as far as a storm is concerned. */
import type { Storage } from "../../lib/open_storage.ts";
import type { TaskRecord, TaskState } from "../../lib/task/record.ts";
import type { Random } from "../simulation/random.ts";
import type { Scene, StartOptions } from "../support/scene.ts";
import type { FreezeOptions } from "./services.ts";

/** Where a storm is to rage. */
export interface Surroundings {
  readonly scene: Scene;
  readonly durability: "full" | "relaxed";
  /** A source of chance of the storm's own, by a number that nothing else of it uses. */
  readonly chance: (stream: number) => Random;
}

/** Opens an engine's part of the storm; it is disposed of after the last look. */
export type OpenEngine = (surroundings: Surroundings) => Promise<StormEngine>;

export interface StormEngine extends AsyncDisposable {
  /** An address of this process that its services reach. */
  readonly address: string;
  /** For the people: as main opens it. */
  readonly storage: Storage;
  /** A service may be held still; absent where that hurts nobody. */
  readonly freeze?: FreezeOptions;
  /** What a service's program is started with. @param slot its number, from 0 */
  service(slot: number): StartOptions;
  /** Hands in a task as a program does that is none of ours. */
  handIn(id: string, record: Record<string, unknown>): Promise<void>;
  /** How many tasks wait. */
  waiting(): Promise<number>;
  /** Whether nothing waits and nothing runs. */
  isCalm(): Promise<boolean>;
  /** How many notifications there are, shown or not. */
  notifications(): Promise<number>;
  /** Does what services' deaths are not, until the signal is aborted; then all is well again. */
  strike(signal: AbortSignal): Promise<Strikes>;
  /** What lies there, once all services have ended. */
  remains(): Promise<Remains>;
  /** Keeps for a look what does not lie in the scene's directory. */
  keep(directory: string): Promise<void>;
}

/** How often what was done, by its name. */
export type Strikes = Readonly<Record<string, number>>;

/** What lies there after a storm. */
export interface Remains {
  readonly ids: ReadonlyMap<TaskState, ReadonlySet<string>>;
  /** The records of ended tasks, by id. */
  readonly records: ReadonlyMap<string, TaskRecord>;
  /** How often each notification is there, by {@linkcode notificationKey}. */
  readonly notifications: ReadonlyMap<string, number>;
  /** The tasks that somebody is still asked to cancel. */
  readonly cancel_requests: readonly string[];
  /** How many duplicates of an id were set aside. */
  readonly set_aside: number;
  /** What must not be left, each in a sentence. */
  readonly litter: readonly string[];
}

/** A notification of a conversation in {@linkcode Remains}. */
export function notificationKey(conversation_id: string, id: string): string {
  return `${conversation_id}/${id}`;
}
