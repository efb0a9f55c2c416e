import { assertEquals, assertThrows } from "@std/assert";
import { type Flag, parseFlags, secondsOf, wholeNumberOf } from "../../../lib/cli/parse_flags.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

const FLAGS: readonly Flag[] = [
  { name: "message", value: "TEXT", help: "" },
  { name: "priority", value: "N", help: "" },
  { name: "wait", value: "SECONDS", optional: true, help: "" },
  { name: "json", help: "" },
];

function refusal(args: string[]): string {
  return assertThrows(() => parseFlags(args, FLAGS), UsageError).message;
}

Deno.test("parseFlags() takes values behind a space or =, dashes in them too", () => {
  assertEquals(parseFlags(["--message", "-", "--priority", "-5"], FLAGS).values, {
    message: "-",
    priority: "-5",
  });
  assertEquals(parseFlags(["--message=--json", "--priority=1"], FLAGS).values, {
    message: "--json",
    priority: "1",
  });
  assertEquals(parseFlags(["--message", ""], FLAGS).values, { message: "" });
});

Deno.test("parseFlags() leaves numbers and dotted names as they were typed", () => {
  assertEquals(parseFlags(["007", "1e3", "a.b"], FLAGS).positionals, ["007", "1e3", "a.b"]);
});

Deno.test("parseFlags() takes an optional value only behind =", () => {
  const parsed = parseFlags(["--wait", "t1", "--json"], FLAGS);
  assertEquals(parsed.values, { wait: "" });
  assertEquals([parsed.positionals, [...parsed.on]], [["t1"], ["json"]]);
  assertEquals(parseFlags(["--wait=2.5"], FLAGS).values, { wait: "2.5" });
});

Deno.test("parseFlags() ignores a leading -- and takes what follows another one as it is", () => {
  assertEquals([...parseFlags(["--", "--json"], FLAGS).on], ["json"]);
  assertEquals(parseFlags(["--json", "--", "--wait"], FLAGS).positionals, ["--wait"]);
});

Deno.test("parseFlags() knows --help and -h", () => {
  assertEquals([...parseFlags(["-h"], FLAGS).on], ["help"]);
});

Deno.test("parseFlags() refuses what it does not know and names the nearest", () => {
  assertEquals(
    refusal(["--mesage", "x"]),
    'Unknown flag "--mesage"; did you mean --message? See --help',
  );
  assertEquals(refusal(["-j"]), 'Unknown flag "-j"; did you mean --json? See --help');
  assertEquals(refusal(["--__proto__=1"]).startsWith('Unknown flag "--__proto__"'), true);
});

Deno.test("parseFlags() refuses a missing value and one too many", () => {
  assertEquals(refusal(["--message"]), "--message needs a value: --message TEXT; see --help");
  assertEquals(refusal(["--json=yes"]), '--json takes no value, got "yes"; see --help');
});

Deno.test("secondsOf() and wholeNumberOf() refuse what is no number in range", () => {
  assertEquals(secondsOf("wait", "0.5"), 0.5);
  for (const text of ["", "0", "-1", "abc", "1e99", "NaN", "Infinity"]) {
    assertThrows(() => secondsOf("wait", text), UsageError, "--wait: expected seconds");
  }
  assertEquals(wholeNumberOf("limit", "12", 1, 50), 12);
  for (const text of ["", "0", "51", "1.5", "0x1"]) {
    assertThrows(
      () => wholeNumberOf("limit", text, 1, 50),
      UsageError,
      "--limit: expected a whole",
    );
  }
});
