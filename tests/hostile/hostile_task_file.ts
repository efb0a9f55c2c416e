/** Files that no friend would put into pending/, and what must become of each. */
import fc from "fast-check";

/** What must become of a file. */
export type Fate =
  /** Runs as a task; the prompt is `PROMPT`. */
  | "done"
  /** Ends in failed/ as `invalid_task`, its bytes beside it. */
  | "rejected"
  /** Stays where it is, untouched. */
  | "left"
  /** Any of these, but nothing else. */
  | "any";

export interface HostileFile {
  /** The file's name without `.json`; `undefined`: one that is a good id. */
  readonly stem?: string;
  readonly bytes: Uint8Array;
  readonly fate: Fate;
  /** Where it comes from, for the message of a test that fails. */
  readonly kind: string;
}

export const PROMPT = "Check the weather in Oslo";
const TASK = { conversation_id: "c1", prompt: PROMPT };
const TEXT = JSON.stringify(TASK);

const encode = (text: string) => new TextEncoder().encode(text);
const file = (kind: string, fate: Fate, content: string | Uint8Array): HostileFile => ({
  kind,
  fate,
  bytes: typeof content === "string" ? encode(content) : content,
});
/** A task with more fields, given as JSON text. */
const withFields = (fields: string) => `{${fields},${TEXT.slice(1)}`;

const truncated = fc.integer({ min: 0, max: TEXT.length - 1 })
  .map((length) => file("truncated", "rejected", TEXT.slice(0, length)));

const binary = fc.uint8Array({ maxLength: 300 }).map((bytes) => file("binary", "rejected", bytes));

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
}

const encodings = fc.oneof(
  fc.tuple(fc.boolean(), fc.boolean()).map(([mark, little]) =>
    file("UTF-16", "rejected", utf16((mark ? "\ufeff" : "") + TEXT, little))
  ),
  fc.constant(file("byte order mark", "done", "\ufeff" + TEXT)),
  fc.constant(file("Latin-1", "rejected", Uint8Array.from(TEXT + "\xe9", (c) => c.charCodeAt(0)))),
  fc.constant(file("white space around", "done", `\n\t ${TEXT} \r\n`)),
  fc.constant(file("NUL behind it", "rejected", TEXT + "\0")),
);

const nesting = fc.oneof(
  fc.integer({ min: 1, max: 98 }).map((depth) =>
    file(
      "nested as deep as allowed",
      "done",
      withFields(`"x":${"[".repeat(depth)}${"]".repeat(depth)}`),
    )
  ),
  fc.tuple(fc.integer({ min: 100, max: 5_000 }), fc.boolean()).map(([depth, isList]) => {
    const [open, inner, close] = isList ? ["[", "", "]"] : ['{"a":', "1", "}"];
    const value = open.repeat(depth) + inner + close.repeat(depth);
    return file("nested too deep", "rejected", withFields(`"x":${value}`));
  }),
  fc.constantFrom("[", "{", '{"a":', "[[],").map((open) =>
    file("1 MiB of nesting", "rejected", open.repeat(1024 * 1024 / open.length))
  ),
);

/** Numbers as a producer may write them, and whether they are a priority. */
const PRIORITIES: readonly (readonly [text: string, fate: Fate])[] = [
  ["1e400", "rejected"],
  ["-1e400", "rejected"],
  ["99999999999999999999999999999999", "rejected"],
  ["1.5", "rejected"],
  ["101", "rejected"],
  ["0.1e-400", "done"],
  ["-0", "done"],
  ["1e2", "done"],
  ["100.0", "done"],
];

const numbers = fc.oneof(
  fc.constantFrom(...PRIORITIES).map(([text, fate]) =>
    file(`priority ${text}`, fate, withFields(`"priority":${text}`))
  ),
  fc.tuple(fc.stringMatching(/^-?[1-9][0-9]{0,400}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,5})?$/))
    .map(([text]) => file("a number in an unknown field", "done", withFields(`"x":${text}`))),
);

const keys = fc.constantFrom(
  file("__proto__", "done", withFields('"__proto__":{"prompt":7,"priority":"x"}')),
  file("constructor", "done", withFields('"constructor":1,"toString":null,"hasOwnProperty":0')),
  file(
    "__proto__ for the prompt",
    "rejected",
    '{"conversation_id":"c1","__proto__":{"prompt":"p"}}',
  ),
  file("a second key that is good", "done", withFields('"prompt":5')),
  file("a second key that is bad", "rejected", TEXT.replace("}", ',"prompt":5}')),
  file("an empty key", "done", withFields('"":{"":[""]}')),
);

const SEPARATED = ["../up", "a/b", "/etc/passwd", "..", ".", "a\\b", "a\0b", "a b", "", "-x", "é"];
const ids = fc.tuple(fc.constantFrom("id", "conversation_id"), fc.constantFrom(...SEPARATED))
  .map(([field, id]) =>
    file(`${field} ${id}`, "rejected", JSON.stringify({ ...TASK, [field]: id }))
  );

/** One value of each type that JSON has, and which types each field takes. */
const VALUES = {
  null: null,
  boolean: true,
  number: 1,
  text: "x",
  list: [[]],
  object: {},
  fraction: -0.5,
} as const;
const TAKES: Readonly<Record<string, readonly (keyof typeof VALUES)[]>> = {
  version: ["number"],
  id: [],
  conversation_id: ["text"],
  prompt: ["text"],
  title: ["text"],
  priority: ["number"],
  created_at: [],
  run_at: [],
  max_attempts: ["number"],
  timeout_seconds: ["number"],
  max_steps: ["number"],
  max_tokens: ["number"],
  tools: [],
  model: ["text"],
  metadata: ["object"],
  incarnation: ["text"],
  run: ["number"],
  attempt: ["number"],
  interruptions: ["number"],
  progress: ["number"],
  attempts: [],
  retry_at: [],
  last_error: [],
  service_id: ["text"],
  pid: ["number", "fraction"],
  host: ["text"],
  started_at: [],
  finished_at: [],
  duration_ms: ["number", "fraction"],
  result: ["text"],
  summary: ["text"],
  result_artifact: ["text"],
  artifacts: [],
  usage: [],
  error: [],
  staged: [],
};

const wrongTypes = fc.tuple(
  fc.constantFrom(...Object.keys(TAKES)),
  fc.constantFrom(...Object.keys(VALUES) as (keyof typeof VALUES)[]),
).filter(([field, type]) => !TAKES[field]?.includes(type)).map(([field, type]) =>
  file(`${field}: ${type}`, "rejected", JSON.stringify({ ...TASK, [field]: VALUES[type] }))
);

const TIME = "2026-01-01T00:00:00.000Z";
/** Fields that only the queue writes, well-formed: a lie, but no reason to lose the task. */
const forged = fc.record({
  staged: fc.record({ to: fc.constantFrom("completed", "failed", "pending"), run: fc.nat(3) }),
  incarnation: fc.constantFrom("x", "../x"),
  run: fc.integer({ min: 1, max: 5 }),
  attempt: fc.integer({ min: 1, max: 5 }),
  interruptions: fc.nat(9),
  service_id: fc.constant("s1"),
  pid: fc.constant(1),
  started_at: fc.constant(TIME),
  finished_at: fc.constant(TIME),
  result: fc.constant("forged"),
  summary: fc.constant("forged"),
  result_artifact: fc.constant("../../forged"),
  error: fc.constantFrom({ code: "invalid_task", message: "m" }, { code: "x", message: "" }),
  attempts: fc.constant([{ run: 1, attempt: 1, service_id: "s", started_at: TIME }]),
}, { requiredKeys: [] }).map((fields) =>
  file("forged", "done", JSON.stringify({ ...TASK, ...fields }))
);

const versions = fc.oneof(
  fc.integer({ min: 2, max: 2 ** 31 }).map((version) =>
    file("a newer version", "left", JSON.stringify({ version, anything: [version] }))
  ),
  fc.constantFrom("0", "-1", "1.5", '"2"', "null", "1e400", "[2]").map((version) =>
    file(`version ${version}`, "rejected", withFields(`"version":${version}`))
  ),
);

const json = fc.json({ maxDepth: 4 }).filter((text) => !/version/.test(text))
  .map((text) => file("some JSON", "rejected", text));

const flipped = fc.tuple(fc.nat(TEXT.length - 1), fc.integer({ min: 1, max: 255 }))
  .map(([at, bits]) => {
    const bytes = encode(TEXT);
    bytes[at]! ^= bits;
    return file("a flipped byte", "any", bytes);
  });

const badNames = fc.string({ unit: "binary", minLength: 1, maxLength: 60 })
  .filter((name) => !/^[.]|[/\0]|^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name) && name.isWellFormed())
  .map((stem): HostileFile => ({ ...file("a bad name", "rejected", TEXT), stem }));

const tooLarge = fc.constant(
  file("over 1 MiB", "rejected", withFields(`"x":"${"y".repeat(1024 * 1024)}"`)),
);

/** Any of them; the megabytes now and then. */
export const hostileFile: fc.Arbitrary<HostileFile> = fc.oneof(
  { weight: 20, arbitrary: truncated },
  { weight: 20, arbitrary: binary },
  { weight: 10, arbitrary: encodings },
  { weight: 10, arbitrary: nesting.filter(({ bytes }) => bytes.length < 100_000) },
  { weight: 15, arbitrary: numbers },
  { weight: 10, arbitrary: keys },
  { weight: 10, arbitrary: ids },
  { weight: 60, arbitrary: wrongTypes },
  { weight: 15, arbitrary: forged },
  { weight: 10, arbitrary: versions },
  { weight: 15, arbitrary: json },
  { weight: 20, arbitrary: flipped },
  { weight: 15, arbitrary: badNames },
  { weight: 1, arbitrary: fc.oneof(tooLarge, nesting) },
);
