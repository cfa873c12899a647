/**
 * Acts, checks and holds: what a runbook is made of.
 *
 * Invariants of an act
 * 1. Everything but `perform` is a pure function of snapshots, so the same act can be planned, guarded, shown,
 *    proved and undone without touching anything.
 * 2. `before` holds no measured quantity: it is part of the plan's hash and is compared with the world right before
 *    acting. It does hold versions and generations, so that another's change is seen even when values are equal.
 * 3. `proof` looks at the world relative to the snapshot from before the act, never at what `perform` answered.
 * 4. `undo` answers an act that acts only where the world is still as this act left it.
 */
import type { Json, JsonObject } from "../domain/json.ts";
import type { Section, Snapshot } from "../domain/snapshot.ts";
import type { Hand } from "../ports/hand.ts";
import type { EffectAnswer, Token } from "../ports/token.ts";
import type { World } from "./world.ts";

export type Proof = { readonly ok: boolean; readonly evidence: JsonObject };

export type Performance = {
  /** The facts that were journalled right before. */
  readonly facts: Snapshot;
  readonly token: Token;
  readonly by: string;
  readonly why: string;
};

export type Act = {
  readonly op: string;
  readonly title: string;
  /** What is changed: `traffic`, `cluster/aws-west`, `database/wildlifedb@aws`. */
  readonly target: string;
  readonly params: JsonObject;
  /** The lock whose epoch the act carries. */
  readonly lock: string;
  readonly section: Section;
  readonly deadlineMs: number;
  /** How often the world is read while the proof is awaited. */
  readonly pollMs: number;
  before(facts: Snapshot): Json;
  expect(facts: Snapshot): Snapshot;
  /** Why the act must not run on these facts, or null; looked at right before it, with what was read for it. */
  obstacle(facts: Snapshot): string | null;
  perform(world: World, request: Performance, signal: AbortSignal): Promise<EffectAnswer<Json>>;
  proof(now: Snapshot, before: Snapshot): Proof;
  /** The act that takes this one back, `null` where nothing needs to be, `"never"` where nothing can. */
  undo(before: Snapshot): Act | null | "never";
  /**
   * Of a commit that was refused, and of which another try may still be under way: the act that shows its effector a newer
   * token and changes nothing, so that no try can take effect any more. Where a commit has none, people decide.
   */
  withdraw?(before: Snapshot): Act;
  byHand(hand: Hand): readonly string[];
};

/** The section is read until there is a proof, or until the deadline. */
export type Check = {
  readonly title: string;
  readonly section: Section;
  readonly deadlineMs: number;
} & (
  | { readonly judge: (facts: Snapshot) => Proof }
  /** For what a snapshot does not hold, such as one real write. */
  | { readonly examine: (facts: Snapshot, world: World, signal: AbortSignal) => Promise<Proof> }
);

export type Hold = { readonly title: string; readonly forMs: number };
