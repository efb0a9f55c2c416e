/** The error of a task that somebody cancelled. */
export const CANCELLED = { code: "cancelled", message: "The task was cancelled." } as const;
