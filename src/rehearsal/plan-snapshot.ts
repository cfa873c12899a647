/** The plan that the orchestrator would make of a snapshot, without the orchestrator: same code, same hash. */
import { guardPolicyOf } from "../domain/guards/policy.ts";
import { approvalRule, selectProfile } from "../domain/inventory/profile.ts";
import type { Approval, Inventory } from "../domain/inventory/schema.ts";
import type { GuardVerdict } from "../domain/guards/guard.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { type Forecast, forecastOf } from "../engine/forecast.ts";
import { type Plan, planRun, refusalsIn } from "../engine/planning.ts";
import type { Hand } from "../ports/hand.ts";
import type { StatedDurations } from "../ports/stated.ts";
import { findRunbook } from "../runbooks/catalogue.ts";
import { requireFit } from "./snapshot-fits.ts";

export type SnapshotOrder = {
  readonly inventory: Inventory;
  readonly profile: string;
  readonly runbook: string;
  readonly input: JsonObject;
  readonly snapshot: Snapshot;
};

/** What the plan is signed with, and what is known of how long things take. */
export type SnapshotGround = {
  readonly codeVersion: string;
  readonly inventoryDigest: string;
  readonly stated: StatedDurations;
};

export type SnapshotPlan = {
  readonly plan: Plan;
  readonly refusals: readonly GuardVerdict[];
  readonly approval: Approval;
  readonly profile: string;
  readonly forecast: Forecast;
};

/** By hand is what a run in that world would have; here is no world. It is not in the hash. */
const noHand: Hand = { setWeights: () => [], scale: () => [], database: () => [] };

/** Throws UnusableSnapshot, UnknownName, and Refusal where the runbook refuses to plan. */
export async function planSnapshot(order: SnapshotOrder, ground: SnapshotGround): Promise<SnapshotPlan> {
  const { inventory, snapshot, runbook, input } = order;
  requireFit(inventory, snapshot);
  const profile = selectProfile(inventory, order.profile);
  const binding = findRunbook(runbook)?.bind(input, { inventory, profile });
  if (binding?.ok !== true) throw new RangeError(binding?.problems.join("; ") ?? `no runbook "${runbook}"`);
  const guards = guardPolicyOf(inventory);
  const { codeVersion, inventoryDigest, stated } = ground;
  const plan = await planRun(binding.bound, snapshot, { guards, hand: noHand, codeVersion, inventoryDigest });
  return {
    plan,
    refusals: refusalsIn(plan),
    approval: approvalRule(profile, runbook),
    profile: order.profile,
    forecast: forecastOf(plan, new Map(), stated),
  };
}
