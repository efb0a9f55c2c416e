/**
 * Where tasks are kept cannot do what was asked just now, for a reason that people can do something
 * about: one sentence that says what it is and what helps. It is never the task's fault.
 */
export class StorageProblem extends Error {
  override name = "StorageProblem";
}
