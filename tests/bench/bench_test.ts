import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { parseBenchArgs } from "./bench.ts";
import { benchFinished } from "./finished.ts";

Deno.test("parseBenchArgs() takes its flags, explains itself, and refuses all else", () => {
  assertEquals(parseBenchArgs([]), { kind: "bench", json: false, rounds: 5, tasks: 2_000 });
  assertEquals(parseBenchArgs(["--json", "--rounds", "2", "--tasks=10"]), {
    kind: "bench",
    json: true,
    rounds: 2,
    tasks: 10,
  });
  assertEquals(parseBenchArgs(["--finished", "100"]), {
    kind: "bench",
    json: false,
    rounds: 5,
    tasks: 2_000,
    finished: 100,
  });
  const help = parseBenchArgs(["--help"]);
  assertEquals(help.kind, "help");
  if (help.kind === "help") assertStringIncludes(help.text, "--rounds N");
  for (const args of [["--round", "2"], ["--rounds", "many"], ["--tasks", "0"], ["fast"]]) {
    assertThrows(() => parseBenchArgs(args), UsageError);
  }
});

Deno.test("benchFinished() measures each call beside few and beside many", async () => {
  await using dir = await TempDir.make();
  const rows = await benchFinished(dir.path, 1, 200);
  assert(rows.length > 5);
  for (const { few, many } of rows) {
    assertEquals([few.length, many.length], [1, 1]);
    assert([...few, ...many].every((value) => value > 0 && Number.isFinite(value)));
  }
});
