/**
 * A peer lost a job, did one twice, kept no result or broke: no figure, and a note in the report.
 * The bench goes on with the others, and with this one in the next round.
 */
export class PeerFailure extends Error {
  override readonly name = "PeerFailure";
}

/**
 * Another queue, made to do the bench's work: one no-op task, its result and its notification.
 * Each call throws a `PeerFailure` when the peer did not do all of it.
 */
export interface Peer {
  /** As the report prints it: "BullMQ, everysec", "graphile-worker", "Celery, files". */
  readonly name: string;
  /** Which of this project's durabilities it is fair to hold it against. */
  readonly durability: "relaxed" | "full";
  /** What a reader must know about its figures, one sentence each; empty when nothing. */
  readonly remarks: readonly string[];
  /** A fresh queue, `count` jobs handed in with `width` calls in flight: jobs a second. */
  enqueue(count: number, width: number): Promise<number>;
  /**
   * A fresh queue holding `count` jobs, done by a worker process of its own, `concurrency` at a
   * time: jobs a second from the first job's start to the last one's end.
   */
  drain(count: number, concurrency: number): Promise<number>;
  /**
   * Milliseconds from just before the producer's call to the start of the handler in another,
   * idle process.
   *
   * @param rate jobs a second to hand in steadily; without it each job waits for the last one.
   */
  pickUp(samples: number, rate?: number): Promise<number[]>;
  /**
   * As `drain`, one at a time, for `seconds` while `pending` jobs wait: for a queue too slow to be
   * emptied. Jobs a second over that time.
   */
  drainBeside?(pending: number, seconds: number): Promise<number>;
}

/** The queues that can be measured on this machine. */
export interface Peers {
  readonly peers: readonly Peer[];
  /** One sentence for each that cannot be measured here. */
  readonly skipped: readonly string[];
  /**
   * Ends every server and worker that still runs, also in the middle of a measurement, which then
   * fails; their files are in `root`, and may be deleted after that.
   */
  close(): Promise<void>;
}

/** What `openPeers` needs. */
export interface PeersOptions {
  /** A directory of the bench's own: the servers' files, and the workers', are made inside it. */
  readonly root: string;
  /** Told what is being done now, for a line on the screen. */
  progress(what: string): void;
}
