/** Who may know whom: the import rules of the project as a table, held over every source file. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { findCycle, reachableFrom, readSources, type SourceFile } from "../support/import_graph.ts";
import { TempDir } from "../support/storage_fixture.ts";

/** Where something may be said or imported, and nowhere else. */
interface Rule {
  readonly rule: string;
  /** The files that it is about. */
  readonly of: RegExp;
  readonly except?: RegExp;
  /** None of these may be imported. */
  readonly imports?: RegExp;
  /** None of this may be in the code. */
  readonly code?: RegExp;
}

const ENTRIES = /^(main|background_service)\.ts$|^lib\/cli\/start\.ts$|^lib\/build\//;
const CHILD_ENTRIES = /^lib\/sandbox\/(tool_host|watchdog|reap_process)\.ts$/;
const ENTRY = new RegExp(`${ENTRIES.source}|${CHILD_ENTRIES.source}`);

const RULES: readonly Rule[] = [
  {
    rule: "only lib/config.ts reads the environment, and a tool its own",
    of: /./,
    except: /^lib\/config\.ts$|^tools\//,
    code: /Deno\s*\.\s*env\b|process\.env\b/,
  },
  {
    // A rename changes a task's state. Tools are told no way to the tasks, and may rename their files.
    rule: "only lib/disk/deno_disk.ts renames, and tools what is theirs",
    of: /./,
    except: /^lib\/disk\/deno_disk\.ts$|^tools\//,
    code: /Deno\s*\.\s*rename(Sync)?\b/,
  },
  { rule: "only lib/model imports openai", of: /./, except: /^lib\/model\//, imports: /^openai\b/ },
  {
    rule: "only entry files exit, read arguments or listen for signals",
    of: /./,
    except: ENTRY,
    code: /Deno\s*\.\s*(exit|args|addSignalListener)\b|process\.(exit|argv)\b/,
  },
  {
    rule: "only the engine on Redis knows the packages of Redis",
    of: /./,
    except: /^lib\/(redis|queue\/bullmq)\//,
    imports: /^(npm:)?(bullmq|ioredis)\b/,
  },
  {
    rule: "only lib/queue/bullmq looks into BullMQ's states and changes them",
    of: /^lib\/(?!queue\/bullmq\/|redis\/)/,
    imports: /^lib\/queue\/bullmq\/(scripts\/|job_state\.ts$)/,
    code: /\bkeys\.(state\((?!"meta"\))|lock\()|\bSTATE_OF\b|:lock\b/,
  },
  {
    rule: "the server's part knows nobody who keeps something there",
    of: /^lib\/redis\//,
    imports: /^lib\/(?!redis\/|queue\/task_queue\.ts$)[^/]+\//,
  },
  {
    // It has three parts that need no server: what a URL means, and what a key is called.
    rule: "what a Redis URL, a key and a job's id are needs no connection",
    of: /^lib\/redis\/(redis_url|keys|job_id)\.ts$/,
    imports: /^(?!lib\/(config_error|redis\/redis_url)\.ts$)/,
  },
  { rule: "nothing imports tests", of: /./, imports: /^tests\// },
  {
    rule: "tools import the helper, libraries and parts in a directory of their own",
    of: /^tools\//,
    imports: /^(lib|tests)\/|^tools\/[^/]+$|^(main|background_service)\.ts$/,
  },
  {
    rule: "lib/task is pure: no disk, no clock of its own, no other room",
    of: /^lib\/task\//,
    imports: /^lib\/(?!task\/)/,
    code: /\bDeno\.|setTimeout|Math\.random/,
  },
  {
    rule: "the queue knows no agent, model, sandbox, service or terminal",
    of: /^lib\/queue\//,
    imports: /^lib\/(agent|model|sandbox|service|cli|conversation)\/|^lib\/config\.ts$/,
  },
  {
    rule: "the queue's interface knows no disk and no engine",
    of: /^lib\/queue\/[^/]+\.ts$/,
    imports: /^lib\/disk\/|^lib\/queue\/.+\//,
  },
  {
    rule: "the disk knows nobody but the names of the states",
    of: /^lib\/disk\//,
    imports: /^lib\/(?!disk\/|task\/record\.ts$|(runtime|sleep)\.ts$)/,
  },
  {
    rule: "notifications know no queue",
    of: /^lib\/notifications\//,
    imports: /^lib\/(queue|agent|model|sandbox|service|cli|conversation)\//,
  },
  {
    rule: "moving knows engines, and neither how tasks run nor a terminal",
    of: /^lib\/move\//,
    imports: /^lib\/(agent|model|sandbox|service|cli|conversation)\//,
  },
  {
    rule: "upkeep knows neither how tasks run nor a terminal",
    of: /^lib\/upkeep\//,
    imports: /^lib\/(agent|model|sandbox|service|cli|conversation)\//,
  },
  {
    rule: "the agent knows no queue, disk, service or terminal",
    of: /^lib\/agent\//,
    imports: /^lib\/(queue|disk|service|cli|conversation|notifications)\//,
  },
  {
    rule: "the sandbox knows no queue, model, agent or service",
    of: /^lib\/sandbox\//,
    imports: /^lib\/(queue|model|agent|service|cli|conversation)\//,
  },
  {
    rule: "the model knows no task's life",
    of: /^lib\/model\//,
    imports: /^lib\/(queue|agent|sandbox|service|cli|conversation|disk)\//,
  },
  {
    rule: "the service knows no engine, path or terminal",
    of: /^lib\/service\//,
    imports: /^lib\/(queue\/.+\/|cli\/|conversation\/|disk\/(?!(flusher|disk_problem)\.ts$))/,
  },
  {
    rule: "the conversation knows not how tasks run",
    of: /^lib\/conversation\//,
    imports: /^lib\/(service|agent|cli)\/|^lib\/queue\/.+\//,
  },
  {
    rule: "the editor knows no terminal, and of what is kept only the disk's calls",
    of: /^lib\/cli\/editor\//,
    imports:
      /^lib\/(?!cli\/|disk\/(disk|read_last_lines)\.ts$)|^lib\/cli\/(?!editor\/|(sanitize|text_width)\.ts$)|^node:/,
    code: /\b(Process)?Terminal\b|\bDeno\./,
  },
  {
    rule: "Markdown becomes lines of text and styles: nothing is written, nothing else is known",
    of: /^lib\/cli\/markdown\//,
    imports:
      /^lib\/(?!cli\/)|^lib\/cli\/(?!markdown\/|(sanitize|line_breaks|styled_line|terminal)\.ts$)|^node:/,
    code: /\b(Process)?Terminal\b|\bDeno\./,
  },
  {
    rule: "the screen knows no tasks",
    of: /^lib\/cli\/screen\//,
    imports: /^lib\/(?!cli\/)|^lib\/cli\/(chat|tasks|start)\/|^lib\/cli\/\w*(task|journal)\w*\.ts$/,
  },
];

/** One line for each breach: who, which rule, and what. */
function breaches(files: readonly SourceFile[], rules: readonly Rule[]): string[] {
  return rules.flatMap(({ rule, of, except, imports, code }) =>
    files
      .filter(({ path }) => of.test(path) && !except?.test(path))
      .flatMap((file) => {
        const found = imports === undefined
          ? []
          : file.imports.filter((name) => imports.test(name));
        const said = code === undefined ? null : file.code.match(code);
        return [...found, ...(said === null ? [] : [said[0]])]
          .map((what) => `${file.path}: ${what} (${rule})`);
      })
  );
}

const ROOT = fromFileUrl(new URL("../../", import.meta.url)).replace(/\/$/, "");
const PLACES = ["lib", "tools", "main.ts", "background_service.ts"];

for (const rule of RULES) {
  Deno.test(`boundary: ${rule.rule}`, () => {
    assertEquals(breaches(readSources(ROOT, PLACES), [rule]), []);
  });
}

Deno.test("boundary: nothing that starts a program leads to the engine on Redis by itself", () => {
  const files = readSources(ROOT, PLACES);
  const entries = files.map(({ path }) => path).filter((path) =>
    ENTRY.test(path) || path.startsWith("tools/")
  );
  const reached = reachableFrom(entries, files);
  assertEquals([...reached].filter((name) => /^(npm:)?(bullmq|ioredis)\b/.test(name)), []);
  assertEquals(reached.has("lib/open_redis_storage.ts"), false);
  // The other way round: from the one that is loaded when asked for, they are found.
  const engine = reachableFrom(["lib/open_redis_storage.ts"], files);
  assertEquals(engine.has("ioredis"), true);
});

Deno.test("boundary: no import cycles", () => {
  assertEquals(findCycle(readSources(ROOT, PLACES)), undefined);
});

Deno.test("every rule is about files that exist, and the graph has its edges", () => {
  const files = readSources(ROOT, PLACES);
  const idle = RULES.filter(({ of }) => !files.some(({ path }) => of.test(path)));
  assertEquals(idle.map(({ rule }) => rule), []);
  const known = new Set(files.map(({ path }) => path));
  const missing = files.flatMap(({ path, imports }) =>
    imports.filter((name) => /^(lib|tools)\/.*\.ts$/.test(name) && !known.has(name))
      .map((name) => `${path}: ${name}`)
  );
  assertEquals(missing, []);
});

Deno.test("the walker finds imports of every form, breaches and cycles, and no comments", async () => {
  await using dir = await TempDir.make();
  const files: Record<string, string> = {
    "lib/queue/a.ts": [
      'import type { X } from "../agent/b.ts";',
      'export { y } from "./c.ts";',
      "import {",
      "  z,",
      '} from "npm-thing";',
      "// import { no } from './no.ts'; Deno.exit()",
      "/* Deno.env */",
    ].join("\n"),
    "lib/queue/c.ts": 'import "./a.ts";\nawait import("./d.ts");\nDeno.exit(1);\n',
    "lib/queue/d.ts": "export const address = 'http://x//y'; Deno.env.get('X');\n",
    "lib/agent/b.ts": 'import * as all from "openai/x";\n',
  };
  for (const [path, text] of Object.entries(files)) {
    Deno.mkdirSync(`${dir.path}/${path.replace(/\/[^/]+$/, "")}`, { recursive: true });
    Deno.writeTextFileSync(`${dir.path}/${path}`, text);
  }
  const sources = readSources(dir.path, ["lib"]);
  assertEquals(sources.map(({ path, imports }) => [path, imports]), [
    ["lib/agent/b.ts", ["openai/x"]],
    ["lib/queue/a.ts", ["lib/agent/b.ts", "lib/queue/c.ts", "npm-thing"]],
    ["lib/queue/c.ts", ["lib/queue/a.ts", "lib/queue/d.ts"]],
    ["lib/queue/d.ts", []],
  ]);
  assertEquals(findCycle(sources), ["lib/queue/a.ts", "lib/queue/c.ts", "lib/queue/a.ts"]);
  assertEquals(findCycle(sources.filter(({ path }) => !path.endsWith("/c.ts"))), undefined);
  assertEquals(breaches(sources, RULES).map((line) => line.replace(/ \(.*/, "")), [
    "lib/queue/d.ts: Deno.env",
    "lib/agent/b.ts: openai/x",
    "lib/queue/c.ts: Deno.exit",
    "lib/queue/a.ts: lib/agent/b.ts",
  ]);
});
