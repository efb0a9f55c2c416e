import { assertEquals, assertThrows } from "@std/assert";
import { parseServiceArgs } from "../../../lib/cli/parse_service_args.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

Deno.test("parseServiceArgs() has a grace period of ten seconds and does not drain", () => {
  assertEquals(parseServiceArgs([]), {
    kind: "run",
    drain: false,
    stop_with_stdin: false,
    grace_seconds: 10,
    flags: {},
  });
});

Deno.test("parseServiceArgs() hands the configuration's flags on as they are", () => {
  const args = ["--", "--dir", "d", "--concurrency", "2", "--drain", "--grace", "0.5"];
  assertEquals(parseServiceArgs([...args, "--log-format=json", "--log-level", "debug"]), {
    kind: "run",
    drain: true,
    stop_with_stdin: false,
    grace_seconds: 0.5,
    flags: { dir: "d", concurrency: "2", "log-format": "json", "log-level": "debug" },
  });
  assertEquals(parseServiceArgs(["--grace=0", "--stop-with-stdin"]), {
    kind: "run",
    drain: false,
    stop_with_stdin: true,
    grace_seconds: 0,
    flags: {},
  });
});

Deno.test("parseServiceArgs() refuses what it does not know", () => {
  assertThrows(() => parseServiceArgs(["--drian"]), UsageError, "did you mean --drain?");
  assertThrows(() => parseServiceArgs(["run"]), UsageError, 'Unexpected argument "run"');
  assertThrows(() => parseServiceArgs(["--grace", "-1"]), UsageError, "--grace: expected seconds");
  assertEquals(parseServiceArgs(["--help"]).kind, "help");
});
