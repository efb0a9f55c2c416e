import { assertEquals, assertStringIncludes } from "@std/assert";
import { end, Scene } from "./support/scene.ts";

Deno.test("the service says at debug level what it was told, without secrets, and not else", async () => {
  await using scene = await Scene.open({
    OPENAI_API_KEY: "sk-very-secret",
    OPENAI_BASE_URL: "http://user:hidden@127.0.0.1:9/v1",
    LOG_FORMAT: "json",
  });
  const verbose = await end(scene.start("background", ["--drain", "--log-level", "debug"]));
  const lines = verbose.stderr.trim().split("\n").map((line) => JSON.parse(line));
  const { properties } = lines.find(({ level }) => level === "DEBUG");
  assertEquals([properties.config.api_key, properties.config.base_url], [
    "***",
    "http://***@127.0.0.1:9/v1",
  ]);
  for (const secret of ["sk-very-secret", "hidden"]) {
    assertEquals(verbose.stderr.includes(secret), false, secret);
  }
  const usual = await end(scene.start("background", ["--drain"]));
  assertEquals(usual.stderr.includes("***"), false);
  assertStringIncludes(usual.stderr, "nothing is left to do");
});
