/** Prunes broken on purpose; see mutants.ts. */
import { type Mutant, OPEN_ONLY, QUEUE } from "./mutant.ts";

export const PRUNE_MUTANTS: readonly Mutant[] = [
  {
    name: "a prune does not look whether its lock is still on the record",
    edits: [{
      file: `${QUEUE}/prune.ts`,
      from: "const result = await hold(context.disk, path);\n  if (result.kind",
      to: 'const file = await context.disk.open(path, "read");\n' +
        '  if (file !== undefined && !await file.tryLock("exclusive")) return undefined;\n' +
        `  const result: HoldResult = ${OPEN_ONLY}\n  if (result.kind`,
    }, {
      file: `${QUEUE}/prune.ts`,
      from: "type HeldFile, hold,",
      to: "type HeldFile, hold, type HoldResult,",
    }],
    seeds: 8_000,
    theme: "pruned",
  },
  {
    name: "a pruned task's record goes before the rest",
    edits: [{
      file: `${QUEUE}/prune.ts`,
      from: "  await Promise.all([",
      to: "  await context.disk.unlink(layout.task(task.state, id));\n  await Promise.all([",
    }],
    seeds: 500,
    theme: "pruned",
  },
  {
    name: "a prune does not ask again how old the task is",
    edits: [{
      file: `${QUEUE}/prune.ts`,
      from: 'if (!(ended < ended_before)) return "too_young";',
      to: "void ended;",
    }],
    seeds: 500,
    theme: "pruned",
  },
  {
    name: "a prune takes what was never shown",
    edits: [{
      file: `${QUEUE}/prune.ts`,
      from: "!unread && await notifications.hasUnread(record)",
      to: "!unread && await notifications.hasUnread(record) && record.id === undefined",
    }],
    seeds: 500,
    theme: "pruned",
  },
  {
    name: "a prune looks for notifications in read/ before unread",
    edits: [{
      file: "notifications/file_notifications.ts",
      from: "[directory, `${directory}/read`]) {\n      // A link",
      to: "[`${directory}/read`, directory]) {\n      // A link",
    }],
    seeds: 6_000,
    theme: "pruned",
  },
  {
    name: "a task that is pruned by half is retried",
    edits: [{
      file: `${QUEUE}/retry.ts`,
      from: 'if (await finishIfMarked(context, held, from, id) !== "unmarked") return undefined;',
      to: "",
    }],
    seeds: 4_000,
    theme: "pruned",
  },
  {
    name: "a prune begins without a mark",
    edits: [{
      file: `${QUEUE}/prune.ts`,
      from: "if (!await mark(context, path, id)) return undefined;",
      to: "",
    }],
    seeds: 500,
    theme: "pruned",
  },
  {
    name: "the mark of a prune goes before the record",
    edits: [{
      file: `${QUEUE}/prune.ts`,
      from: "  const path = layout.task(state, id);\n  if (await isAt",
      to: "  const path = layout.task(state, id);\n" +
        "  await disk.unlink(markPath(layout, id));\n  if (await isAt",
    }],
    seeds: 500,
    theme: "pruned",
  },
  {
    name: "the mark of an older task of the id is believed",
    edits: [{
      file: `${QUEUE}/prune_mark.ts`,
      from: "return isAt(disk, held, markPath(layout, id));",
      to: "return Promise.resolve(disk.stat(markPath(layout, id))).then((info) => !!info);",
    }],
    seeds: 12_000,
    theme: "pruned",
  },
  {
    name: "nobody finishes a prune that was cut short",
    edits: [{
      file: `${QUEUE}/file_queue.ts`,
      from: "await finishPrunes(this.#context);",
      to: "",
    }],
    seeds: 500,
    theme: "pruned",
  },
];
