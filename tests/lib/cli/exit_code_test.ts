import { assertEquals } from "@std/assert";
import { errorLine, exitCodeOf } from "../../../lib/cli/exit_code.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";
import { ConfigError, FlagError } from "../../../lib/config.ts";
import { ConversationBusy } from "../../../lib/conversation/session_log.ts";
import { StorageError } from "../../../lib/disk/prepare_tree.ts";
import { InvalidTask } from "../../../lib/queue/task_queue.ts";
import { RedisProblem } from "../../../lib/redis/redis_problem.ts";

Deno.test("exitCodeOf() tells use, configuration and everything else apart", () => {
  const wrongUse = [new UsageError("x"), new InvalidTask("x"), new FlagError("x")];
  assertEquals(wrongUse.map(exitCodeOf), [2, 2, 2]);
  assertEquals([new ConfigError("x"), new StorageError("x")].map(exitCodeOf), [3, 3]);
  assertEquals([new ConversationBusy("x"), new TypeError("x"), "x"].map(exitCodeOf), [1, 1, 1]);
});

Deno.test("errorLine() says of a storage that is away just what it says itself", () => {
  const problem = new RedisProblem("Redis is away", "time", { cause: new Error("ECONNREFUSED") });
  assertEquals([errorLine(problem), exitCodeOf(problem)], ["error: Redis is away", 1]);
});

Deno.test("errorLine() is one safe line; what nobody expected says what it is", () => {
  assertEquals(errorLine(new UsageError("wrong\nflag \x1b[31mred")), "error: wrong flag red");
  const cause = new Error("[{ a schema's issue }]");
  assertEquals(errorLine(new ConfigError("X: expected a", { cause })), "error: X: expected a");
  assertEquals(errorLine(new ConversationBusy("busy")), "error: busy");
  assertEquals(
    errorLine(new TypeError("odd", { cause: new Error("deeper") })),
    "error: TypeError: odd (deeper)",
  );
});
