import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { parseBenchArgs } from "./bench.ts";

Deno.test("parseBenchArgs() takes its three flags, explains itself, and refuses all else", () => {
  assertEquals(parseBenchArgs([]), { kind: "bench", json: false, rounds: 5, tasks: 2_000 });
  assertEquals(parseBenchArgs(["--json", "--rounds", "2", "--tasks=10"]), {
    kind: "bench",
    json: true,
    rounds: 2,
    tasks: 10,
  });
  const help = parseBenchArgs(["--help"]);
  assertEquals(help.kind, "help");
  if (help.kind === "help") assertStringIncludes(help.text, "--rounds N");
  for (const args of [["--round", "2"], ["--rounds", "many"], ["--tasks", "0"], ["fast"]]) {
    assertThrows(() => parseBenchArgs(args), UsageError);
  }
});
