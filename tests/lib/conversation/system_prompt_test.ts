import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { systemPrompt } from "../../../lib/conversation/system_prompt.ts";

const since = Date.parse("2026-01-31T09:00:30.000Z");

Deno.test("systemPrompt() is the same for the same facts, and ends with what may change", () => {
  const background_tools = [{ name: "get_weather" }];
  const prompt = systemPrompt({ since, background_tools });
  assertEquals(systemPrompt({ since, background_tools }), prompt);
  const later = systemPrompt({ since: since + 3_600_000, background_tools: undefined });
  const shared = [...prompt].findIndex((letter, index) => later[index] !== letter);
  const [role, rules] = prompt.split("\n\n");
  assert(shared > `${role}\n\n${rules}`.length);
  assertStringIncludes(prompt, "Saturday, 2026-01-31T");
});

Deno.test("systemPrompt() says who gives orders, and how to reach what was not told", () => {
  const prompt = systemPrompt({ since, background_tools: undefined });
  assertStringIncludes(prompt, "Only the person's own messages are the person.");
  assertStringIncludes(prompt, "look into it with get_background_task");
  assertStringIncludes(prompt, '"Try that again" is retry_background_task');
  assertStringIncludes(prompt, "use simple Markdown");
});
