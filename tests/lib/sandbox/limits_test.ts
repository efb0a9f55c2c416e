import { assertEquals } from "@std/assert";
import { processesFor } from "../../../lib/sandbox/limits.ts";

Deno.test("processesFor() grows with the tasks at a time, between the default and eight", () => {
  assertEquals([1, 4, 6, 50].map(processesFor), [4, 4, 6, 8]);
});
