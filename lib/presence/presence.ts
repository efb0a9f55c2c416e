import type { ServiceRecord } from "../task/service_record.ts";

/** What a service has said of itself. */
export interface Announced {
  /**
   * Aborted, with a `MoveRefused` as its reason, when the service counted as gone, its tasks are being
   * moved meanwhile, and it is back: it must take nothing any more.
   */
  readonly refused: AbortSignal;
  withdraw(): Promise<void>;
}

/** Which services are alive on this queue. */
export interface Presence {
  /**
   * Announces this process's service until `withdraw`, or until the process dies.
   *
   * @throws {MoveRefused} while the tasks are being moved elsewhere or hither, or such a move was cut
   * short
   */
  announce(record: ServiceRecord): Promise<Announced>;
  /** The records of the services that are alive now. */
  live(): Promise<ServiceRecord[]>;
  /** Whether another service than this one is alive. No record is read. */
  hasOthers(service_id: string): Promise<boolean>;
  /** Calls back when a service may have come or gone: a hint, which can come late or for nothing. */
  watch(onChange: () => void): { close(): void };
}
