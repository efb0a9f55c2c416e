import { assertEquals, assertRejects } from "@std/assert";
import { HelperProcess } from "./helper_process.ts";
import { MeasuredPeer } from "./measured_peer.ts";
import { PeerFailure } from "./peer.ts";

/** A program that answers each command as told, and null to all else. */
function program(answers: Record<string, unknown>): HelperProcess {
  const code = `
    const answers = ${JSON.stringify(answers)};
    const decoder = new TextDecoder();
    for await (const bytes of Deno.stdin.readable) {
      const { do: what } = JSON.parse(decoder.decode(bytes));
      if (answers[what] === "die") throw new Error("out of memory");
      console.log(JSON.stringify(answers[what] ?? { answer: null }));
    }`;
  return new HelperProcess([Deno.execPath(), "eval", "--quiet", code]);
}

function peerOf(producer: Record<string, unknown>, worker: Record<string, unknown> = {}) {
  return new MeasuredPeer({
    name: "Other queue",
    durability: "full",
    remarks: [],
    warmUp: 0,
    running: new AsyncDisposableStack(),
    fresh: () =>
      Promise.resolve({
        producer: () => program(producer),
        worker: () => program(worker),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  });
}

const SPAN = { ended: { answer: { first_start: 1_000, last_end: 3_000 } } };

Deno.test("drain() counts from the first job's start to the last one's end", async () => {
  assertEquals(await peerOf({}, SPAN).drain(10, 1), 5);
});

Deno.test("pickUp() joins what was handed in with what was started", async () => {
  const handed = [{ id: "a", at: 10 }, { id: "b", at: 20 }];
  const starts = [{ id: "b", at: 24 }, { id: "a", at: 11 }];
  const peer = (started: unknown) =>
    peerOf({ hand_in_steadily: { answer: handed } }, { ...SPAN, starts: { answer: started } });
  assertEquals(await peer(starts).pickUp(2, 1_000), [1, 4]);
  await assertRejects(
    () => peer(starts.slice(1)).pickUp(2, 1_000),
    PeerFailure,
    "Other queue, pick-up: job b was never started",
  );
});

Deno.test("what a peer did wrong is a PeerFailure that says so", async () => {
  const lossy = peerOf({ check_done: { error: "9 results are kept, not 10" } }, SPAN);
  await assertRejects(
    () => lossy.drain(10, 1),
    PeerFailure,
    "Other queue, drain: 9 results are kept, not 10",
  );
  await assertRejects(
    () => peerOf({ enqueue: "die" }).enqueue(10, 1),
    PeerFailure,
    "out of memory",
  );
});
