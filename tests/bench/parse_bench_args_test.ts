import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/cli/usage_error.ts";
import type { Section } from "./figure.ts";
import { parseBenchArgs } from "./parse_bench_args.ts";

const section = (letter: string): Section => ({
  letter,
  title: `Section ${letter}`,
  run: () => Promise.resolve([]),
});
const [a, b, k] = ["a", "b", "k"].map(section) as [Section, Section, Section];
const LISTED = [{ section: a }, { section: b }, { section: k, onRequest: "takes ten minutes" }];

const defaults = { kind: "bench", sections: [a, b], json: false, rounds: 5, scale: 1 } as const;

Deno.test("parseBenchArgs() takes its flags", () => {
  assertEquals(parseBenchArgs([], LISTED), { ...defaults, peers: false });
  const args = ["--json", "--rounds", "2", "--scale=0.1", "--peers", "--svg", "chart.svg"];
  assertEquals(parseBenchArgs(args, LISTED), {
    ...defaults,
    json: true,
    rounds: 2,
    scale: 0.1,
    peers: true,
    svg: "chart.svg",
  });
});

Deno.test("parseBenchArgs() measures what takes long only when it is asked for", () => {
  const sections = (...args: string[]) => {
    const command = parseBenchArgs(args, LISTED);
    return command.kind === "bench" ? command.sections.map(({ letter }) => letter) : [];
  };
  assertEquals(sections(), ["a", "b"]);
  assertEquals(sections("--all"), ["a", "b", "k"]);
  assertEquals(sections("--only", "k, a"), ["a", "k"]);
});

Deno.test("parseBenchArgs() explains itself, and refuses all else in one sentence", () => {
  const help = parseBenchArgs(["--help"], LISTED);
  assertEquals(help.kind, "help");
  if (help.kind === "help") {
    assertStringIncludes(help.text, "--rounds N");
    assertStringIncludes(help.text, "k  Section k (takes ten minutes: only when named)");
  }
  const wrong: [args: string[], words: string][] = [
    [["--round", "2"], "did you mean --rounds"],
    [["--rounds", "many"], "--rounds"],
    [["--rounds", "0"], "--rounds"],
    [["--scale", "2"], "--scale: expected a number over 0 and at most 1"],
    [["--scale", "0"], "--scale"],
    [["--only", "a,z"], 'no section is called "z"; there are a, b, k'],
    [["--only", ""], "no section"],
    [["--only", "a", "--all"], "exclude each other"],
    [["fast"], 'Unexpected argument "fast"'],
  ];
  for (const [args, words] of wrong) {
    const error = assertThrows(() => parseBenchArgs(args, LISTED), UsageError);
    assertStringIncludes(error.message, words);
    assertEquals(error.message.includes("\n"), false);
  }
});
