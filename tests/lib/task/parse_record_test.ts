import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  checkRequest,
  parseRecord,
  rejectionOf,
  titleOf,
  withDefaults,
} from "../../../lib/task/parse_record.ts";
import { TASK_STATES } from "../../../lib/task/record.ts";

const ID_RULE = "1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first";
const TIME = 'an RFC 3339 time such as "2026-01-31T09:00:00.000Z"';
const MODIFIED = Date.UTC(2026, 0, 31, 9);

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const parse = (fields: object) =>
  parseRecord("x", encode({ conversation_id: "c1", prompt: "Do it.", ...fields }), MODIFIED);

Deno.test("parseRecord() fills in every default of the contract", () => {
  assertEquals(parse({ prompt: "Check the weather\nin Oslo" }) as unknown, {
    kind: "task",
    record: {
      version: 1,
      id: "x",
      conversation_id: "c1",
      prompt: "Check the weather\nin Oslo",
      title: "Check the weather",
      priority: 0,
      created_at: "2026-01-31T09:00:00.000Z",
      max_attempts: 3,
      timeout_seconds: 600,
      max_steps: 30,
    },
  });
});

/** A field, wrong values of it, and what the message says was expected. */
const WRONG: [field: string, values: unknown[], expected: string][] = [
  ["conversation_id", ["", "a/b", 7, null, {}], ID_RULE],
  ["prompt", ["", 7, null, ["a"]], "a text of 1 to 100,000 characters"],
  ["title", [7, null, "x".repeat(201)], "a text of at most 200 characters"],
  ["priority", ["1", 1.5, -101, 101, null], "a whole number from -100 to 100"],
  ["created_at", ["yesterday", 7, "2026-01-31", "2026-02-30T00:00:00Z"], TIME],
  ["run_at", ["soon", 7, null, "2026-13-01T00:00:00Z"], TIME],
  ["max_attempts", [0, 101, "3", 1.5], "a whole number from 1 to 100"],
  ["timeout_seconds", [0, -1, "9", 604_801], "a number over 0, at most 604800 (a week)"],
  ["max_steps", [0, 1001, "3"], "a whole number from 1 to 1000"],
  ["max_tokens", [0, 1.5, "3"], "a whole number from 1 to 1000000000"],
  ["tools", ["get_weather", {}, [7], ["a b"]], "a list of tool names ([] for none)"],
  ["model", ["", 7, "x".repeat(201)], "a model's name of 1 to 200 characters"],
  ["metadata", [[], "a", 7, null], "an object"],
  ["attempts", ["many", [{}]], "a list of attempts"],
  ["retry_at", ["later"], TIME],
  ["run", [0, "1"], "a whole number from 1"],
  ["staged", [{ to: "running", run: 1 }, "failed"], 'an object with "to" and "run"'],
];

for (const [field, values, expected] of WRONG) {
  Deno.test(`parseRecord() names "${field}" and what was expected`, () => {
    for (const value of values) {
      const parsed = parse({ [field]: value });
      assert(parsed.kind === "invalid", JSON.stringify(value));
      assert(
        parsed.message.startsWith(`"${field}": expected ${expected}, got `),
        `${JSON.stringify(value)}: ${parsed.message}`,
      );
      assertEquals(parsed.unfinished, undefined);
    }
  });
}

Deno.test("parseRecord() says which required field is missing", () => {
  const parsed = parseRecord("x", encode({ conversation_id: "c1", title: "T" }), 0);
  assertEquals(parsed as unknown, {
    kind: "invalid",
    message: '"prompt" is missing, expected a text of 1 to 100,000 characters',
    conversation_id: "c1",
    title: "T",
  });
});

Deno.test("parseRecord() takes every limit itself", () => {
  const fields = {
    conversation_id: "c".repeat(64),
    prompt: "x".repeat(100_000),
    title: "x".repeat(200),
    priority: -100,
    run_at: "2026-01-31T10:00:00+01:00",
    max_attempts: 100,
    timeout_seconds: 604_800,
    max_steps: 1000,
    max_tokens: 1_000_000_000,
    tools: [],
    metadata: {},
  };
  const parsed = parse(fields);
  assert(parsed.kind === "task", JSON.stringify(parsed));
  assertEquals({ ...parsed.record, ...fields }, parsed.record);
  assertEquals(parse({ prompt: "x".repeat(100_001) }).kind, "invalid");
});

Deno.test("parseRecord() counts a prompt in UTF-16 units", () => {
  assertEquals(parse({ prompt: "😀".repeat(50_000) }).kind, "task");
  assertEquals(parse({ prompt: "😀".repeat(50_000) + "x" }).kind, "invalid");
});

Deno.test("parseRecord() refuses an id that is not the file's name", () => {
  assertEquals(parse({ id: "x" }).kind, "task");
  assertEquals(parse({ id: "y" }) as unknown, {
    kind: "invalid",
    message: '"id": expected "x", the file\'s name without .json, got "y"',
    conversation_id: "c1",
  });
});

Deno.test("parseRecord() leaves a newer version alone and refuses what is none", () => {
  assertEquals(parse({ version: 2, prompt: 7 }), { kind: "newer", version: 2 });
  for (const version of [0, 1.5, "2", null]) {
    const parsed = parse({ version });
    assert(parsed.kind === "invalid", String(version));
    assert(parsed.message.startsWith('"version": expected the number 1, got '), parsed.message);
  }
});

Deno.test("parseRecord() takes a number whose digits are kept for the number it is", () => {
  const text = '{"conversation_id":"c1","prompt":"a","priority":1e1,"metadata":{"n":1e1}}';
  const parsed = parseRecord("x", new TextEncoder().encode(text), 0);
  assert(parsed.kind === "task");
  assertEquals(parsed.record.priority, 10);
  assert(JSON.stringify(parsed.record).includes('"metadata":{"n":1e1}'));
});

Deno.test("parseRecord() reads back a rejection, but not in pending/", () => {
  const problem = { kind: "invalid", message: "no task", conversation_id: "c1" } as const;
  const record = rejectionOf("x", problem, MODIFIED);
  assertEquals(record.error as unknown, { code: "invalid_task", message: "no task", attempt: 0 });
  assertEquals(record.finished_at, "2026-01-31T09:00:00.000Z");
  for (const state of TASK_STATES) {
    const parsed = parseRecord("x", encode(record), 0, state);
    assertEquals(parsed.kind, state === "pending" ? "invalid" : "task", state);
  }
});

Deno.test("parseRecord() checks what a rejection says of others", () => {
  const record = rejectionOf("x", { kind: "invalid", message: "m" }, MODIFIED);
  for (const wrong of [{ conversation_id: "../x" }, { run: "1" }, { retry_at: 5 }]) {
    assertEquals(parseRecord("x", encode({ ...record, ...wrong }), 0, "failed").kind, "invalid");
  }
});

Deno.test("parseRecord() never throws on any object", () => {
  const names = ["conversation_id", "prompt", "id", "version", "error", "attempts", "staged"];
  const key = fc.oneof(fc.constantFrom(...names), fc.string());
  fc.assert(fc.property(fc.dictionary(key, fc.jsonValue()), (object) => {
    const parsed = parseRecord("x", encode(object), 0, "running");
    assert(parsed.kind === "task" || parsed.kind === "newer" || parsed.message.length > 0);
  }));
});

Deno.test("checkRequest() and withDefaults() keep unknown fields and no undefined ones", () => {
  const request = { conversation_id: "c1", prompt: "a", title: undefined, note: { a: [1] } };
  const checked = checkRequest(request);
  assert(checked.ok);
  const record = withDefaults("x", checked.request, MODIFIED);
  assertEquals(record["note"], { a: [1] });
  assertEquals(record.title, "a");
});

Deno.test("titleOf() is the prompt's first line, at most sixty characters", () => {
  assertEquals(titleOf("  \n Hello \nworld"), "Hello");
  assertEquals(titleOf(" \n "), "Untitled");
  assertEquals(titleOf("x".repeat(60)), "x".repeat(60));
  assertEquals(titleOf("😀".repeat(61)), "😀".repeat(59) + "…");
});

Deno.test("a time of making that no record can hold counts as none", () => {
  const bytes = encode({ conversation_id: "c1", prompt: "p" });
  for (const time of [1.7e18, 1.7e15, -1.7e18, Infinity, NaN]) {
    const parsed = parseRecord("x", bytes, time);
    assert(parsed.kind === "task");
    assertEquals(parsed.record.created_at, "1970-01-01T00:00:00.000Z");
  }
});
