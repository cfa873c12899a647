/**
 * Which of several servers speaks to people and watches what others have begun: the first, in an order that all share, that
 * is up. Nothing is agreed on and nothing kept, so that nothing has to be given back by one that died.
 *
 * Invariants
 * 1. While any server is up, some server speaks. Two may for a moment, when they see different members; people are told at
 *    least once, and each notice carries a key by which repeats can be told.
 */
import type { Clock } from "../ports/clock.ts";
import type { Peers } from "../ports/peers.ts";

const LOOK_WITHIN_MS = 1_500;

export function speaker(peers: Peers, clock: Clock): () => Promise<boolean> {
  return async () => {
    if (peers.self === null) return true;
    const members = await peers.look(clock.within(LOOK_WITHIN_MS));
    return members.find(({ up }) => up)?.name === peers.self;
  };
}
