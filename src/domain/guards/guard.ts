/**
 * Guards: the rules that are checked before every act and every undo, on facts read at that moment.
 *
 * Invariants
 * 1. A guard is a pure function of two snapshots, the world as it is and as the act is expected to leave it, so
 *    that the same rule judges a plan, an act, an undo and a simulated night.
 * 2. A guard that cannot see what it needs refuses: absence of evidence is never a pass.
 * 3. A refusal carries the facts that it rests on; who reads it must be able to check it by hand.
 */
import type { StatedClusters } from "../capacity.ts";
import type { JsonObject } from "../json.ts";
import type { Cloud, Section, Snapshot } from "../snapshot.ts";
import type { Synchronous } from "./fence.ts";
import type { GuardName } from "./names.ts";

export type GuardPolicy = {
  readonly clouds: readonly Cloud[];
  /** The inventory's clusters, with the requests/s that one ready pod was measured to serve inside the objective. */
  readonly clusters: StatedClusters;
  readonly rpoBytes: number;
  readonly surviveAnotherLoss: "refuse" | "warn";
  readonly synchronous: Synchronous;
};

export type GuardVerdict = {
  readonly guard: GuardName;
  readonly verdict: "pass" | "warn" | "refuse";
  readonly why: string;
  readonly facts: JsonObject;
};

export type Change = { readonly before: Snapshot; readonly after: Snapshot; readonly policy: GuardPolicy };

export type Guard = {
  readonly name: GuardName;
  /** The guard judges acts that touch one of these. */
  readonly watches: readonly Section[];
  judge(change: Change): Omit<GuardVerdict, "guard">;
};

export const pass = (facts: JsonObject = {}): Omit<GuardVerdict, "guard"> => ({
  verdict: "pass",
  why: "",
  facts,
});
export const refuse = (why: string, facts: JsonObject): Omit<GuardVerdict, "guard"> => ({
  verdict: "refuse",
  why,
  facts,
});
export const warn = (why: string, facts: JsonObject): Omit<GuardVerdict, "guard"> => ({
  verdict: "warn",
  why,
  facts,
});
