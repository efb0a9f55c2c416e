/** Files that belong to a task: long tool outputs, and what tools made. */
export interface Artifacts {
  /**
   * Keeps bytes under a name, replacing an older artifact of that name. Durable when it resolves.
   *
   * @param name 1 to 100 characters of A-Z a-z 0-9 . _ - not beginning with a dot
   * @returns the name
   * @throws {RangeError} when the name is not of that form, or the engine keeps nothing so large
   */
  write(task_id: string, name: string, bytes: Uint8Array): Promise<string>;
  /** The names, sorted. */
  list(task_id: string): Promise<string[]>;
  /** The bytes of one artifact's file; `undefined` when there is no such artifact. */
  size(task_id: string, name: string): Promise<number | undefined>;
  /**
   * The bytes; `undefined` when there is no such artifact.
   *
   * @param limit more are not read, in bytes. Default 1 GiB.
   */
  read(task_id: string, name: string, limit?: number): Promise<Uint8Array | undefined>;
}
