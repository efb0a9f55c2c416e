/** Whether the server's last writes to its own disk went well; it refuses changes where they did not. */
import { type Finding, findingsOf } from "../finding.ts";

const { bad } = findingsOf("server");
const STATUS = /^(rdb_last_bgsave_status|aof_last_write_status|aof_last_bgrewrite_status):err/m;

/** @param info what `INFO persistence` answers */
export function checkServerDisk(info: string): Finding[] {
  const [, field] = STATUS.exec(info) ?? [];
  if (field === undefined) return [];
  return [bad(`Redis could not write to its disk (${field} err): make room there, or see its log`)];
}
