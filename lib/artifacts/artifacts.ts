/** Files that belong to a task: long tool outputs, and what tools made. */
export interface Artifacts {
  /**
   * Keeps bytes under a name, replacing an older artifact of that name. Durable when it resolves.
   *
   * @param name 1 to 100 characters of A-Z a-z 0-9 . _ - not beginning with a dot
   * @returns the name
   * @throws {RangeError} when the name is not of that form
   */
  write(task_id: string, name: string, bytes: Uint8Array): Promise<string>;
  /** The names, sorted. */
  list(task_id: string): Promise<string[]>;
  /** The bytes; `undefined` when there is no such artifact. */
  read(task_id: string, name: string): Promise<Uint8Array | undefined>;
}
