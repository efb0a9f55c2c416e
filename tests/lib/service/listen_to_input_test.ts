import { assertEquals } from "@std/assert";
import { listenToInput } from "../../../lib/service/listen_to_input.ts";
import { StopStages } from "../../../lib/service/stop_stages.ts";

/** What the stages do when input is these texts, and then ends or breaks. */
async function happens(texts: readonly string[], isBroken = false): Promise<unknown[]> {
  const happened: unknown[] = [];
  const stages = new StopStages(() => happened.push("stop"), (code) => happened.push(code));
  const input = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
      if (isBroken) controller.error(new Error("broken"));
      else controller.close();
    },
  });
  await listenToInput(input, stages);
  return happened;
}

Deno.test("listenToInput() stops at the end of its input, also where that breaks", async () => {
  assertEquals(await happens([]), ["stop"]);
  assertEquals(await happens(["no line"]), ["stop"]);
  assertEquals(await happens([], true), ["stop"]);
});

Deno.test("listenToInput() takes each line for a signal, however fast they come", async () => {
  assertEquals(await happens(["\n"]), ["stop"]);
  assertEquals(await happens(["\n", "\n"]), ["stop", 130]);
  assertEquals(await happens(["stop\nleave\n"]), ["stop", 130]);
});
