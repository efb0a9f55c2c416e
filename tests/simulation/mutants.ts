/**
 * The engine broken on purpose, one rule at a time: what the simulation must be able to see.
 *
 * A mutant is a copy of lib/ with some text replaced, so that the product needs no seams for it. A
 * text that is not found exactly once is an error: the mutants have to follow the code.
 */
import { ensureDir } from "@std/fs";
import { dirname } from "@std/path";
import { type Engine, loadEngine } from "./engine.ts";
import { type Edit, type Mutant, OPEN_ONLY, QUEUE } from "./mutant.ts";
import { PRUNE_MUTANTS } from "./prune_mutants.ts";

const FLUSHER = "disk/flusher.ts";
const TELL = "await tell(context, record, to, first);";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "no directory is flushed",
    edits: [{
      file: FLUSHER,
      from: "return this.#flush(path, () => this.disk.flushDirectory(path));",
      to: "return Promise.resolve();",
    }],
    seeds: 500,
  },
  {
    name: "a file is named before it is flushed",
    edits: [{
      file: "disk/publish.ts",
      from: "    await flusher.file(file);",
      to: "",
    }],
    seeds: 500,
  },
  {
    name: "a flush that is under way counts for what came after its beginning",
    edits: [{
      file: FLUSHER,
      from: "return group.next ??= group.running.then(() => this.#run(key, flush));",
      to: "return group.running;",
    }],
    seeds: 6_000,
  },
  {
    name: "after a failed flush the next one is believed",
    edits: [
      {
        file: FLUSHER,
        from: "if (this.#failure !== undefined) return Promise.reject(this.#failure);",
        to: "",
      },
      { file: FLUSHER, from: "if (this.#failure !== undefined) throw this.#failure;", to: "" },
      { file: FLUSHER, from: "    return this.#failure;\n", to: "    return undefined;\n" },
    ],
    seeds: 8_000,
    theme: "failing",
  },
  {
    name: "a task is claimed without a lock",
    edits: [{
      file: `${QUEUE}/claim.ts`,
      from: "result = await hold(context.disk, path);",
      to: `const file = await context.disk.open(path, "read"); result = ${OPEN_ONLY}`,
    }],
    seeds: 500,
  },
  {
    name: "a lock is believed without a look",
    edits: [
      {
        file: `${QUEUE}/held_file.ts`,
        from: "if (isSame(info, await disk.stat(path))) {",
        to: "if (info) {",
      },
      {
        file: `${QUEUE}/held_file.ts`,
        from: "return isSame(held.info, await disk.stat(path));",
        to: "return await disk.stat(path) !== undefined;",
      },
    ],
    seeds: 5_000,
    theme: "one_task",
  },
  {
    name: "a staged record is named before it is locked",
    edits: [{
      file: `${QUEUE}/record_file.ts`,
      from:
        'if (!await file.tryLock("exclusive")) throw new Error(`somebody locked "${temporary}"`);\n' +
        "    info = await file.stat();\n" +
        "    spare = held.isOurs ? await spares?.keep(path, held.info, info) : undefined;\n" +
        "    await giveName(disk, temporary, path);",
      to: "info = await file.stat();\n" +
        "    spare = held.isOurs ? await spares?.keep(path, held.info, info) : undefined;\n" +
        "    await giveName(disk, temporary, path);\n" +
        '    await file.tryLock("exclusive");',
    }],
    seeds: 500,
  },
  {
    name: "a staged ending is honoured in pending/",
    edits: [
      {
        file: `${QUEUE}/claim.ts`,
        from: 'import { rejectDuplicate } from "./settle.ts";',
        to: 'import { rejectDuplicate, settle } from "./settle.ts";',
      },
      {
        file: `${QUEUE}/claim.ts`,
        from: 'if (parsed.kind === "task") {\n    return',
        to: 'if (parsed.kind === "task" && parsed.record.staged !== undefined) {\n' +
          '    await settle(context, parsed.record);\n    return { kind: "gone" };\n' +
          '  } else if (parsed.kind === "task") {\n    return',
      },
    ],
    seeds: 500,
  },
  {
    name: "a retry by hand leaves the old ending staged",
    edits: [{
      file: "task/transitions.ts",
      from: 'fresh ? ["staged", "incarnation", "progress"] : ["staged"]',
      to: 'fresh ? ["incarnation", "progress"] : []',
    }],
    seeds: 3_000,
  },
  {
    name: "a notification comes after the final rename, and nothing makes up for it",
    edits: [
      { file: `${QUEUE}/settle.ts`, from: TELL, to: "" },
      {
        file: `${QUEUE}/settle.ts`,
        from: "  await flusher.directory(layout.state(to));",
        to: "  await flusher.directory(layout.state(to));\n" +
          `  if (isTerminal(to)) { ${TELL} }`,
      },
    ],
    seeds: 1000,
  },
  {
    name: "a notification is looked for in read/ before unread",
    edits: [{
      file: "notifications/file_notifications.ts",
      from: "[directory, `${directory}/read`]) {\n      if (await this",
      to: "[`${directory}/read`, directory]) {\n      if (await this",
    }, {
      // The second look, which hides it nearly always.
      file: "notifications/file_notifications.ts",
      from: "const place = isFirst ? undefined : await this.#placeOf(notification);",
      to: "const place = undefined;",
    }],
    seeds: 6_000,
  },
  {
    name: "events are trusted: pending/ is read once",
    edits: [{
      file: `${QUEUE}/pending_index.ts`,
      from: "this.#scheduleScan(this.context.elapsed() - began);",
      to: "",
    }],
    seeds: 500,
  },
  {
    name: "recovery does not see that an owner lives",
    edits: [{
      file: `${QUEUE}/recover.ts`,
      from: 'const result = await hold(context.disk, context.layout.task("running", id));',
      to: 'const file = await context.disk.open(context.layout.task("running", id), "read");\n' +
        `  const result = ${OPEN_ONLY}`,
    }],
    seeds: 500,
  },
  {
    name: "a task is published by rename",
    edits: [{
      file: `${QUEUE}/enqueue.ts`,
      from: "created = await disk.link(temporary,",
      to: "created = await disk.rename(temporary,",
    }],
    seeds: 3_000,
  },
  {
    name: "a journal line is used before it is flushed",
    edits: [{
      file: "disk/line_writer.ts",
      from: "return flushed;",
      to: "return written;",
    }],
    seeds: 4_000,
  },
  {
    name: "a journal's name is not flushed",
    edits: [{
      file: "journal/file_journals.ts",
      from: "await flusher.directory(layout.journal);\n    } catch",
      to: "} catch",
    }],
    seeds: 4000,
  },
  {
    name: "a journal is gone on with as it lies",
    edits: [{
      file: "journal/file_journals.ts",
      from: "const file = isOurs",
      to: 'const old = isOurs ? await disk.open(path, "append") : undefined;\n' +
        "    if (old) return new FileJournal(this.context, old, entries.slice(1));\n" +
        "    const file = isOurs",
    }],
    seeds: 5_000,
  },
  {
    name: "journal lines are written at the same time, also behind half a one",
    edits: [
      {
        file: "disk/line_writer.ts",
        from: "const written = this.#written.then(() => this.#write(bytes));",
        to: "const written = this.#write(bytes);",
      },
    ],
    seeds: 8_000,
    theme: "failing",
  },
  {
    name: "recovery goes on after a flush was lost",
    edits: [{
      file: "service/recoverer.ts",
      from: "if (parts.durability?.() !== undefined) break;",
      to: "",
    }],
    seeds: 8_000,
    theme: "failing",
  },
  {
    name: "a claim does not look for a task of its name",
    edits: [{
      file: `${QUEUE}/claim.ts`,
      from: "badName === undefined ? await checkDuplicate(context, stem, held) : undefined;",
      to: "undefined as ClaimResult | undefined;",
    }],
    seeds: 5_000,
    theme: "raced",
  },
  {
    name: "an id counts as unknown after one pass",
    edits: [{ file: `${QUEUE}/lookup.ts`, from: "const PASSES = 3;", to: "const PASSES = 1;" }],
    seeds: 8_000,
    theme: "one_task",
  },
  {
    // Dropping it early hides the fault nearly always: both defences are taken away.
    name: "a stale cancel request is honoured",
    edits: [
      {
        file: `${QUEUE}/cancel_requests.ts`,
        from:
          "if (request.incarnation === run.incarnation && request.run === run.run) return true;",
        to: "if (request.run !== undefined) return true;",
      },
      {
        file: `${QUEUE}/settle.ts`,
        from: "await dropRequest(context, record.id);",
        to: "",
      },
    ],
    seeds: 10_000,
    theme: "cancelled",
  },
  {
    name: "an ending is acknowledged before its rename is flushed",
    edits: [{
      file: `${QUEUE}/settle.ts`,
      from: "  await flusher.directory(layout.state(to));",
      to: "",
    }],
    seeds: 1000,
  },
  {
    name: "a notification's way to read/ is not flushed",
    edits: [{
      file: "notifications/file_notifications.ts",
      from: "await flusher.directory(`${directory}/read`);\n  }\n\n  watch(",
      to: "}\n\n  watch(",
    }],
    seeds: 1000,
  },
  ...PRUNE_MUTANTS,
];

/**
 * Loads the engine with one mutation.
 *
 * @param directory a fresh one, to hold the copy
 */
export async function loadMutant(mutant: Mutant, directory: string): Promise<Engine> {
  const lib = new URL("../../lib/", import.meta.url).pathname;
  await copyModules(lib, directory);
  for (const edit of mutant.edits) await applyEdit(mutant.name, directory, edit);
  return await loadEngine(new URL(`file://${directory}/`));
}

async function copyModules(from: string, to: string): Promise<void> {
  await ensureDir(to);
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    else await copyModules(`${from}/${name}`, `${to}/${name}`);
  }
}

async function applyEdit(name: string, directory: string, edit: Edit): Promise<void> {
  const path = `${directory}/${edit.file}`;
  const text = await Deno.readTextFile(path);
  if (text.split(edit.from).length !== 2) {
    throw new Error(
      `mutant "${name}": expected the text ${JSON.stringify(edit.from)} exactly once in ` +
        `lib/${edit.file}; follow the code in ${dirname(import.meta.url)}/mutants.ts`,
    );
  }
  await Deno.writeTextFile(path, text.replace(edit.from, () => edit.to));
}
