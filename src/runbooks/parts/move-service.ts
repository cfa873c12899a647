/**
 * What `manual-failover` and `rollback` share: the order in which a service moves between clouds.
 * Capacity until really ready -> weights in steps with a hold after each -> the primary -> soak -> the source comes
 * down -> a look from outside. They differ in what they decide, not in how it is done.
 */
import type { Cloud, Snapshot, Weights } from "../../domain/snapshot.ts";
import { sameWeights } from "../../domain/weights.ts";
import type { Act, Check } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { Operation, RunbookContext } from "../../engine/runbook.ts";
import { databaseLock } from "../acts/database-act.ts";
import { setWeights, TRAFFIC_LOCK } from "../acts/set-weights.ts";
import {
  decidePrimaryMove,
  everyoneFollows,
  type MoveOrder,
  movePrimary,
  type PrimaryMove,
  requireStandbys,
} from "./primary-move.ts";

export type Direction = { readonly from: Cloud; readonly to: Cloud; readonly database: "move" | "stay" };

export type ServiceMove = {
  readonly capacity: readonly Act[];
  readonly shifts: readonly Act[];
  readonly primaries: readonly PrimaryMove[];
  readonly lower: readonly Act[];
  readonly checks: readonly Check[];
};

export function locksOf(context: RunbookContext): string[] {
  return [...Object.keys(context.inventory.databases).map(databaseLock), TRAFFIC_LOCK];
}

/** What the input can be judged by alone. */
export function directionObjection({ from, to }: Direction, { inventory }: RunbookContext): string | null {
  const clouds = Object.keys(inventory.clouds);
  for (const [flag, cloud] of [
    ["from", from],
    ["to", to],
  ] as const) {
    if (!clouds.includes(cloud))
      return `${flag}: there is no cloud "${cloud}"; the inventory names ${clouds.join(", ")}`;
  }
  return from === to ? `from and to are both "${from}"` : null;
}

export function requireHealthyTarget(facts: Snapshot, cloud: Cloud): void {
  const seen = facts.clouds[cloud];
  if (seen?.verdict === "healthy") return;
  throw new Refusal(
    `the target ${cloud} is ${seen?.verdict ?? "unknown"}: ${seen?.reason ?? "nobody has looked at it"}`,
    {
      cloud,
      verdict: seen?.verdict ?? "unknown",
      observers: seen?.observers ?? 0,
    },
  );
}

/** The databases whose primary is in `from`, checked to be movable now. */
export function decidePrimaries(
  facts: Snapshot,
  { from, to, database }: Direction,
  { inventory }: RunbookContext,
): PrimaryMove[] {
  if (database === "stay") return [];
  const moves: PrimaryMove[] = [];
  for (const [name, group] of Object.entries(inventory.databases)) {
    if (facts.databases[name]?.members[from]?.role !== "primary") continue;
    const order: MoveOrder = { database: name, group, from, to };
    requireStandbys(facts, order, inventory.policies.lag);
    moves.push(decidePrimaryMove(order));
  }
  return moves;
}

export function shiftActs(way: readonly Weights[], facts: Snapshot): Act[] {
  let before = facts.traffic.weights;
  return way.map((weights) => {
    const title = `shift traffic: ${inWords(before)} -> ${inWords(weights)}`;
    before = weights;
    return setWeights(weights, title);
  });
}

export function finalChecks(weights: Weights, primaries: readonly PrimaryMove[]): Check[] {
  const traffic: Check = {
    title: "the edge serves by the weights that were asked for, and clients are answered",
    section: "traffic",
    deadlineMs: 10_000,
    examine: async (facts, world, signal) => {
      const { requests, failed, p99Ms } = await world.edge.window(1_000, signal);
      const ok = sameWeights(facts.traffic.weights, weights) && failed === 0;
      return { ok, evidence: { weights: facts.traffic.weights, requests, failed, p99Ms } };
    },
  };
  return [traffic, ...primaries.map(({ database, to }) => everyoneFollows({ database, to }))];
}

export async function moveService(
  op: Operation,
  plan: ServiceMove,
  { profile }: RunbookContext,
): Promise<void> {
  await op.all(plan.capacity);
  await shiftInSteps(op, plan.shifts, profile.dwell);
  for (const move of plan.primaries) await movePrimary(op, move, profile.pivotDeadline);
  await op.hold({ title: "soak: watch the objective before the source comes down", forMs: profile.soak });
  await op.all(plan.lower);
  for (const check of plan.checks) await op.check(check);
}

/** A hold after each: a breach goes back to the last step at which clients were served well. */
export async function shiftInSteps(op: Operation, shifts: readonly Act[], dwellMs: number): Promise<void> {
  for (const [index, shift] of shifts.entries()) {
    await op.act(shift);
    await op.hold({
      title: `watch the objective after shift ${index + 1} of ${shifts.length}`,
      forMs: dwellMs,
    });
  }
}

function inWords(weights: Weights): string {
  return Object.entries(weights)
    .map(([cloud, points]) => `${cloud} ${points}`)
    .join(" ");
}
