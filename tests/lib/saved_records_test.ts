/** What released versions wrote can be read for ever: tests/fixtures/ has a directory of each. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { parseLogLine } from "../../lib/conversation/log_entry.ts";
import { parseJournalEntry } from "../../lib/task/journal_entry.ts";
import { notificationOf, parseNotification } from "../../lib/task/notification.ts";
import { parseRecord } from "../../lib/task/parse_record.ts";
import { type TaskRecord, type TaskState } from "../../lib/task/record.ts";
import { summaryOfEnd } from "../../lib/task/summary.ts";
import { beginAttempt } from "../../lib/task/transitions.ts";

const FIXTURES = fromFileUrl(new URL("../fixtures/", import.meta.url));
const OWNER = { service_id: "s1", pid: 1, host: "here" };

interface Saved {
  /** Below the release's directory. */
  readonly path: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

function savedIn(release: string, directory: string): Saved[] {
  const path = `${FIXTURES}${release}/${directory}`;
  return [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => ({
    path: `${release}/${directory}/${name}`,
    name,
    bytes: Deno.readFileSync(`${path}/${name}`),
  }));
}

const textOf = ({ bytes }: Saved) => new TextDecoder().decode(bytes);
const linesOf = (saved: Saved) => textOf(saved).split("\n").filter((line) => line !== "");

function readSaved(release: string, state: TaskState): TaskRecord[] {
  return savedIn(release, `tasks/${state}`).filter(({ name }) => name.endsWith(".json")).map(
    ({ path, name, bytes }) => {
      const parsed = parseRecord(name.replace(/\.json$/, ""), bytes, 0, state);
      assert(parsed.kind === "task", path);
      return parsed.record;
    },
  );
}

for (const { name: release } of [...Deno.readDirSync(FIXTURES)].filter((e) => e.isDirectory)) {
  Deno.test(`records of ${release} are read in every state, and can be taken up`, () => {
    for (const state of ["pending", "running"] as const) {
      for (const record of readSaved(release, state)) {
        assert(beginAttempt(record, OWNER, "i", Date.now()).run === 1, record.id);
      }
    }
    for (const state of ["completed", "failed"] as const) {
      const records = readSaved(release, state);
      assert(records.length > 0);
      for (const record of records) {
        assert(summaryOfEnd(record) !== "", record.id);
        assert(notificationOf(record, state).message !== "", record.id);
      }
    }
  });

  Deno.test(`notifications, journals and conversations of ${release} are read`, () => {
    for (const saved of savedIn(release, "notifications/saved/read")) {
      assertEquals(`${parseNotification(JSON.parse(textOf(saved)))?.id}.json`, saved.name);
    }
    for (const saved of savedIn(release, "journal")) {
      for (const line of linesOf(saved)) assert(parseJournalEntry(JSON.parse(line)), line);
    }
    for (const saved of savedIn(release, "conversations")) {
      for (const line of linesOf(saved)) assert(parseLogLine(line), line);
    }
  });
}
