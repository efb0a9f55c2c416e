import { Logger } from "graphile-worker";

/** Standard output is for the bench's answers, and a line for each job would cost time. */
export const QUIET = new Logger(() => () => {});
