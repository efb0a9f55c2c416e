/** Whether the server has room: what it keeps is in its memory. */
import { byteText } from "../../byte_text.ts";
import { type Finding, findingsOf } from "../finding.ts";

export interface MemoryFacts {
  /** Bytes. */
  readonly used: number;
  /** Bytes that it may use at most (`maxmemory`); 0 where it has no limit. */
  readonly limit: number;
  /** Bytes that its machine has; absent where it does not say. */
  readonly machine?: number;
}

/** From this part of the limit on there is little room. */
const NEARLY_FULL = 0.9;
/** A server without a limit that uses more of its machine than this may be ended by its kernel. */
const MUCH_OF_MACHINE = 0.75;

const { ok, look, bad } = findingsOf("memory");

/** @param info what `INFO memory` answers */
export function memoryFacts(info: string): MemoryFacts | undefined {
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  const [used, limit] = [field("used_memory"), field("maxmemory")];
  if (Number.isNaN(used)) return undefined;
  const machine = field("total_system_memory");
  return { used, limit: limit || 0, ...(machine > 0 ? { machine } : {}) };
}

/** @param facts `undefined` where this user may not ask */
export function checkMemory(facts: MemoryFacts | undefined): Finding[] {
  if (facts === undefined) {
    return [ok("How much memory Redis uses cannot be seen: its user may not ask for INFO")];
  }
  const { used, limit, machine } = facts;
  const room = `Redis uses ${byteText(used)}`;
  if (limit === 0) {
    if (machine === undefined) return [ok(`${room} of memory, and has no limit`)];
    const all = `${room} of its machine's ${byteText(machine)}, and has no limit`;
    if (used < machine * MUCH_OF_MACHINE) return [ok(all)];
    return [look(`${all}: give it more, or see tasks prune --help`)];
  }
  const all = `${room} of the ${byteText(limit)} that it may (maxmemory)`;
  if (used < limit * NEARLY_FULL) return [ok(all)];
  const level = used < limit ? look : bad;
  return [level(`${all}: give it more, or see tasks prune --help`)];
}
