/** Another queue that does not do all of its work has no figure, and the report says why. */
import type { BenchOptions } from "./figure.ts";
import { PeerFailure } from "./peers/peer.ts";

/**
 * @param ask measures something of a peer
 * @param none what stands for no figure
 * @throws whatever is no failure of the peer's
 */
export async function askPeer<Value>(
  { remark }: BenchOptions,
  ask: () => Promise<Value>,
  none: Value,
): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PeerFailure)) throw error;
    remark?.(`No figure in one round: ${error.message}`);
    return none;
  }
}
