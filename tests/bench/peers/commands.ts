/**
 * What the bench asks a producer and a worker of another queue, one JSON text a line; the answer to
 * each is one line too, before the next is asked: `{"answer": …}` or `{"error": "…"}`.
 */

/** What a job carries. */
export interface Payload {
  readonly conversation_id: string;
  readonly prompt: string;
}

/** A job and when it was handed in or started: milliseconds since the epoch. */
export interface Seen {
  readonly id: string;
  readonly at: number;
}

/** What a worker saw since it was last told to work: milliseconds since the epoch. */
export interface Span {
  readonly first_start: number;
  readonly last_end: number;
}

export type ProducerCommand =
  /** Answers how many milliseconds it took. */
  | { readonly do: "enqueue"; readonly count: number; readonly width: number }
  /** Hands in as fast as it can, unmeasured. */
  | { readonly do: "fill"; readonly count: number }
  /** Answers a `Seen`. */
  | { readonly do: "hand_in" }
  /** Answers a `Seen` of each. */
  | { readonly do: "hand_in_steadily"; readonly count: number; readonly rate: number }
  /** Fails unless so many jobs wait, and none is done. */
  | { readonly do: "check_waiting"; readonly count: number }
  /** Fails unless so many jobs are done, once each, with result and notification, and none is left. */
  | { readonly do: "check_done"; readonly count: number };

export type WorkerCommand =
  | { readonly do: "work"; readonly concurrency: number }
  /** Waits until so many jobs have ended since `work`, and answers a `Span`. */
  | { readonly do: "ended"; readonly count: number }
  /** Answers a `Seen` of each job that started since `work`. */
  | { readonly do: "starts" }
  /** Finishes what runs, and takes no more. */
  | { readonly do: "rest" };

/** What else is asked where a queue is too slow to be emptied: its files are kept between calls. */
export type SlowProducerCommand =
  /** Hands in as many as are missing until so many wait. */
  | { readonly do: "fill_up"; readonly count: number }
  /** Fails unless each job that was ever handed in waits or is done. */
  | { readonly do: "check_none_lost" };

export type SlowWorkerCommand = {
  /** Waits so long from the first start on, and answers how many jobs ended until then. */
  readonly do: "ended_within";
  readonly milliseconds: number;
};
