/** Every key and channel in Redis. All carry one hash tag: a cluster keeps them on one node. */

/** The name of BullMQ's queue. */
export const QUEUE_NAME = "tasks";

export class RedisKeys {
  /** What BullMQ is given as its prefix, braces included. */
  readonly prefix: string;
  readonly queue = QUEUE_NAME;
  /** Sorted set: ids of services by the time until which they are known to be alive. */
  readonly services: string;
  /** Text: the mark of a move of all tasks, JSON; while one is under way or was cut short. */
  readonly moving: string;
  /** Text that expires: the process that moves tasks, which renews it. */
  readonly mover: string;
  /** Hash: ids of tasks that are moving hither, of which only parts may be here. */
  readonly in_transit: string;
  /** Set: ids of jobs that wait for their next attempt, and perhaps some that did. */
  readonly retrying: string;
  /** Channels of hints. Their messages are task ids, but for `presence`, whose are service ids. */
  readonly channels: {
    readonly journals: string;
    readonly cancels: string;
    readonly presence: string;
  };
  readonly #jobs: string;

  /** @param prefix the bare name, as the URL has it: `bts` */
  constructor(prefix: string) {
    this.prefix = `{${prefix}}`;
    this.#jobs = `${this.prefix}:${QUEUE_NAME}`;
    this.services = `${this.prefix}:services`;
    this.retrying = `${this.prefix}:retrying`;
    this.moving = `${this.prefix}:moving`;
    this.mover = `${this.prefix}:mover`;
    this.in_transit = `${this.prefix}:in_transit`;
    this.channels = {
      journals: `${this.prefix}:journals`,
      cancels: `${this.prefix}:cancels`,
      presence: `${this.prefix}:presence`,
    };
  }

  /** BullMQ's hash of a job. */
  job(job_id: string): string {
    return `${this.#jobs}:${job_id}`;
  }

  /** BullMQ's lock of a job: the token of who holds it, expiring. */
  lock(job_id: string): string {
    return `${this.#jobs}:${job_id}:lock`;
  }

  /** One of BullMQ's own keys: a state's list or sorted set (`wait`, `completed`), `meta`, `events`… */
  state(name: string): string {
    return `${this.#jobs}:${name}`;
  }

  /** List: a journal's lines, the first one its header. */
  journal(task_id: string): string {
    return `${this.prefix}:journal:${task_id}`;
  }

  /** Hash: an artifact's name → its bytes. */
  artifacts(task_id: string): string {
    return `${this.prefix}:artifacts:${task_id}`;
  }

  /** Stream: a conversation's notifications that were not shown, each in a field `json`. */
  unread(conversation_id: string): string {
    return `${this.prefix}:unread:${conversation_id}`;
  }

  /** Hash: a notification's id → its entry's id in `unread`, or its JSON once it was shown. */
  told(conversation_id: string): string {
    return `${this.prefix}:told:${conversation_id}`;
  }

  /** Text: a cancel request, JSON `{incarnation, run}`. */
  cancel(task_id: string): string {
    return `${this.prefix}:cancel:${task_id}`;
  }

  /** Bytes of a job that was no valid task, as they came. */
  original(task_id: string): string {
    return `${this.prefix}:original:${task_id}`;
  }

  /** Text that expires: a live service's record, JSON. */
  service(service_id: string): string {
    return `${this.prefix}:service:${service_id}`;
  }
}
