/** The record of a live service (contract.md §1, services/). */
import { z } from "zod";

const schema = z.looseObject({
  version: z.number(),
  service_id: z.string(),
  pid: z.number(),
  host: z.string(),
  started_at: z.string(),
  concurrency: z.number(),
  model: z.string(),
  tools: z.array(z.looseObject({
    name: z.string(),
    permissions: z.record(z.string(), z.unknown()),
    effects: z.enum(["none", "idempotent", "once"]),
    enabled: z.boolean(),
    /** Why it is left out, with the setting that would allow it; null where it is enabled. */
    reason: z.string().nullable(),
    /** Whether the operator wants it left out, by what tools.json says or does not say. */
    off: z.boolean().optional(),
  })),
});

export type ServiceRecord = z.infer<typeof schema>;

/** Reads a service file's parsed JSON; `undefined` when it is none. */
export function parseServiceRecord(value: unknown): ServiceRecord | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
