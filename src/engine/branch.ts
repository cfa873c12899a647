/** An act that is being performed: what it is, under which token, and from which reading. */
import type { Snapshot } from "../domain/snapshot.ts";
import type { Token } from "../ports/token.ts";
import type { Act, Proof } from "./act.ts";

/**
 * `forward`: as planned, undone on failure. `undo`: takes back; not in the plan. `commit`: the point of no return
 * itself: it may fail until its effector has said, or the world has shown, that it is done, and is then proved for
 * as long as it takes.
 * `committed`: behind it, where a failed try is tried again until it holds and a drift is no reason to stop.
 */
export type Mode = "forward" | "undo" | "commit" | "committed";

/** With the reading that proved it, where the next step may start from it. */
export type Proved = Proof & { readonly facts: Snapshot | null };

export type Branch = {
  readonly act: Act;
  readonly token: Token;
  readonly before: Snapshot;
  /** Guards whose refusal of this act people have overridden. */
  readonly overridden: ReadonlySet<string>;
};
