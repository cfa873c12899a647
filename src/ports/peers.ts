/**
 * The members of the orchestrator, as one of them sees them.
 *
 * Laws
 * 1. Every member names the same members in the same order, itself among them; the only one names none.
 * 2. `look` answers within its deadline. Who does not answer in time is not up, whatever the reason: one that is frozen
 *    speaks as little as one that is dead.
 */
export type Peer = { readonly name: string; readonly up: boolean };

export type Peers = {
  /** Null: the only member. */
  readonly self: string | null;
  look(signal: AbortSignal): Promise<readonly Peer[]>;
};
