import { assertEquals, assertRejects } from "@std/assert";
import { askPeer } from "./ask_peer.ts";
import { PeerFailure } from "./peers/peer.ts";

Deno.test("askPeer() says of a peer that fails why it has no figure, and hides no fault of ours", async () => {
  const remarks: string[] = [];
  const options = {
    root: "",
    rounds: 1,
    scale: 1,
    progress: () => {},
    remark: (sentence: string) => remarks.push(sentence),
  };
  assertEquals(await askPeer(options, () => Promise.resolve(5), NaN), 5);
  const lost = () => Promise.reject(new PeerFailure("X, drain: 2 jobs were lost"));
  assertEquals(await askPeer(options, lost, NaN), NaN);
  assertEquals(remarks, ["No figure in one round: X, drain: 2 jobs were lost"]);
  await assertRejects(() => askPeer(options, () => Promise.reject(new Error("a bug")), NaN));
});
