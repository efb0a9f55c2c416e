import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolBreak } from "../../../lib/model/protocol_break.ts";
import { ToolCallAssembler } from "../../../lib/model/tool_call_assembler.ts";

type Piece = readonly [
  index: number | undefined,
  id: string | undefined,
  name: string | undefined,
  args: unknown,
];

function assemble(pieces: readonly Piece[]) {
  const assembler = new ToolCallAssembler();
  for (const [index, id, name, args] of pieces) {
    assembler.add({ index, id, function: { name, arguments: args } });
  }
  return assembler.finish();
}

/** Id, name and arguments of each call. */
function calls(pieces: readonly Piece[]): string[][] {
  return assemble(pieces).map((call) => [call.id, call.function.name, call.function.arguments]);
}

const none = undefined;
const CASES: readonly { what: string; pieces: readonly Piece[]; expected: string[][] }[] = [
  {
    what: "pieces by index",
    pieces: [[0, "a", "f", ""], [1, "b", "g", ""], [0, none, none, "{}"], [1, none, none, "[1"], [
      1,
      none,
      none,
      "]",
    ]],
    expected: [["a", "f", "{}"], ["b", "g", "[1]"]],
  },
  {
    what: "two calls that share an index by their ids",
    pieces: [[0, "a", "f", "{}"], [0, "b", "f", '{"x'], [0, none, none, '":1}']],
    expected: [["a", "f", "{}"], ["b", "f", '{"x":1}']],
  },
  {
    what: "pieces without any index by order and id",
    pieces: [[none, "a", "f", "{"], [none, none, none, "}"], [none, "b", "g", "{}"]],
    expected: [["a", "f", "{}"], ["b", "g", "{}"]],
  },
  {
    what: "one call whose id and name are repeated",
    pieces: [[0, "a", "f", "{"], [0, "a", "f", "}"]],
    expected: [["a", "f", "{}"]],
  },
  {
    what: "one call that gets a new id in every piece",
    pieces: [[0, "a", "f", "{"], [0, "b", none, "}"]],
    expected: [["a", "f", "{}"]],
  },
  {
    what: "a name that comes in pieces",
    pieces: [[0, "a", "get_", ""], [0, none, "weather", ""], [0, none, none, "{}"]],
    expected: [["a", "get_weather", "{}"]],
  },
  {
    what: "arguments that come as an object",
    pieces: [[0, "a", "f", { x: 1 }]],
    expected: [["a", "f", '{"x":1}']],
  },
  {
    what: "broken arguments as they are",
    pieces: [[0, "a", "f", '{"x": "\u0000']],
    expected: [["a", "f", '{"x": "\u0000']],
  },
  { what: "no arguments", pieces: [[0, "a", "f", null]], expected: [["a", "f", ""]] },
];

for (const { what, pieces, expected } of CASES) {
  Deno.test(`ToolCallAssembler puts together ${what}`, () => {
    assertEquals(calls(pieces), expected);
  });
}

Deno.test("ToolCallAssembler makes ids where they are missing or taken", () => {
  const made = calls([
    [0, none, "f", "{}"],
    [0, none, "f", '{"x":1}'],
    [1, "a", "g", "{}"],
    [2, "a", "h", "{}"],
  ]);
  assertEquals(made.map(([, name, args]) => [name, args]), [
    ["f", "{}"],
    ["f", '{"x":1}'],
    ["g", "{}"],
    ["h", "{}"],
  ]);
  assertEquals(made[2]?.[0], "a");
  assertEquals(new Set(made.map(([id]) => id)).size, 4);
  assert(made.every(([id]) => id !== undefined && id !== ""));
});

Deno.test("ToolCallAssembler keeps fields that a server may want back", () => {
  const assembler = new ToolCallAssembler();
  const extra_content = { google: { thought_signature: "xyz" } };
  assembler.add({ index: 0, id: "a", function: { name: "f", arguments: "{}" }, extra_content });
  assertEquals(assembler.finish()[0]?.extra_content, extra_content);
});

Deno.test("ToolCallAssembler refuses a call without a name", () => {
  const message = "it answered with a tool call that has no name";
  assertThrows(() => assemble([[0, "a", none, "{}"]]), ProtocolBreak, message);
});

Deno.test("ToolCallAssembler looks away from what is no call", () => {
  const assembler = new ToolCallAssembler();
  for (const piece of [null, "x", 3, []]) assertEquals(assembler.add(piece), 0);
  assertEquals(assembler.finish(), []);
});
