/**
 * Where the traffic of a cloud that is lost, or that has lost a region, is to go, and what capacity that asks for. Pure.
 *
 * 1. A cloud that is lost loses all of its share at once. One that has lost a region keeps what the rest of it can carry, once
 *    raised; only what is beyond that goes to other clouds, by what they can carry (`domain/region-loss.ts`).
 * 2. Who is to take more than its ready pods can serve is raised first where the cloud still serves some; else traffic goes at
 *    once, and capacity comes behind it.
 * 3. Capacity for another loss comes last, and on its own: where it does not come, nothing else goes back for it.
 * 4. Where no other cloud is healthy traffic stays, and that is said.
 */
import { capacityShortfalls, clusterCapacities, readyCapacity } from "../../domain/capacity.ts";
import { type RegionLoss, regionLossOf, servingClusters, spillOver } from "../../domain/region-loss.ts";
import type { Cloud, Snapshot, Weights } from "../../domain/snapshot.ts";
import { withoutCloud } from "../../domain/weights.ts";
import type { Act } from "../../engine/act.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { setWeights } from "../acts/set-weights.ts";
import {
  mostCapacity,
  plannedDemand,
  raiseForAnotherLoss,
  raiseTo,
  sharesWithHeadroom,
} from "../parts/capacity-plan.ts";

export type TrafficPlan = {
  /** Before the shift. */
  readonly first: readonly Act[];
  readonly shift: readonly Act[];
  /** Behind it, one stage after the other. */
  readonly capacity: readonly (readonly Act[])[];
  readonly notices: readonly string[];
};

/** `verdict`: what is said of the cloud. */
export function decideTraffic(
  facts: Snapshot,
  { cloud, verdict }: { readonly cloud: Cloud; readonly verdict: "down" | "degraded" },
  context: RunbookContext,
): TrafficPlan {
  const left = Object.keys(context.inventory.clouds).filter(
    (name) => name !== cloud && facts.clouds[name]?.verdict === "healthy",
  );
  const region = regionLossOf(facts.clouds[cloud]);
  if (region !== null) return decideRegion(facts, { cloud, region, left }, context);
  const { weights } = facts.traffic;
  // Fail open: where nobody healthy is left to take it, who can answer does.
  const after = left.length > 0 ? withoutCloud(weights, cloud, left) : weights;
  const raised = raiseForAnotherLoss(facts, context, { left, weights: after });
  const waits = verdict === "degraded" && shortIn(facts, after, context).length > 0;
  const notices = left.length > 0 ? [] : [NOWHERE];
  return {
    first: waits ? raised.acts : [],
    shift: shiftTo(facts, after),
    capacity: waits ? [] : [raised.acts],
    notices: [...notices, ...wordsOf(raised.missing)],
  };
}

const NOWHERE = "no other cloud is healthy: traffic stays as it is, and who can answer does";

type Part = { readonly cloud: Cloud; readonly region: RegionLoss; readonly left: readonly Cloud[] };

function decideRegion(facts: Snapshot, { cloud, region, left }: Part, context: RunbookContext): TrafficPlan {
  const { weights: now } = facts.traffic;
  const { headroomPercent } = context.inventory.policies;
  const most = mostCapacity(facts, context);
  const demand = plannedDemand(facts);
  const { weights, uncarried } = spillOver({ from: now, cloud, takers: left, most, demand, headroomPercent });
  const shift = shiftTo(facts, weights);
  const gaining = left.filter((name) => (weights[name] ?? 0) > (now[name] ?? 0));
  const isTight = shortIn(facts, weights, context).some((name) => gaining.includes(name));
  const shares = sharesWithHeadroom(facts, context, weights);
  const required = [cloud, ...(isTight ? gaining : [])].map((name) => [name, shares[name] ?? 0] as const);
  const own = raiseTo(facts, context, Object.fromEntries(required));
  const raised = own.acts.reduce((world, act) => act.expect(world), facts);
  const kept = Math.min((demand * (weights[cloud] ?? 0)) / 100, most[cloud] ?? 0);
  const another = raiseTo(raised, context, forAnotherLoss({ left, shares, demand, kept }));
  const isFirst = isTight || shift.length === 0;
  return {
    first: isFirst ? own.acts : [],
    shift,
    capacity: isFirst ? [another.acts] : [own.acts, another.acts],
    notices: [...regionWords({ cloud, region, now, weights, uncarried }), ...wordsOf(another.missing)],
  };
}

/** So that the loss of this cloud as a whole is survived, and that of one of the others beside it. */
function forAnotherLoss(of: {
  readonly left: readonly Cloud[];
  readonly shares: Readonly<Record<Cloud, number>>;
  readonly demand: number;
  /** Requests/s that the cloud itself keeps. */
  readonly kept: number;
}): Record<Cloud, number> {
  const { left, shares, demand, kept } = of;
  const beside = left.length > 1 ? (demand - kept) / (left.length - 1) : 0;
  const least = Math.max(demand / left.length, beside);
  return Object.fromEntries(left.map((name) => [name, Math.max(shares[name] ?? 0, least)]));
}

function regionWords(of: {
  readonly cloud: Cloud;
  readonly region: RegionLoss;
  readonly now: Weights;
  readonly weights: Weights;
  readonly uncarried: number;
}): string[] {
  const { cloud, region, now, weights, uncarried } = of;
  const [lost, left] = [region.lost.join(", "), region.left.join(", ")];
  const share = now[cloud] ?? 0;
  const kept = weights[cloud] ?? 0;
  const rest = kept === share ? "nothing goes elsewhere" : `${share - kept} go to other clouds`;
  const words = [
    `${lost} is lost and ${left} serves: ${cloud} keeps ${kept} of its ${share} points, ${rest}`,
  ];
  if (uncarried > 0)
    words.push(`${uncarried} points of ${cloud} are more than anybody can carry: they stay there`);
  return words;
}

function shiftTo(facts: Snapshot, weights: Weights): Act[] {
  const now = facts.traffic.weights;
  if (Object.keys(now).every((cloud) => now[cloud] === weights[cloud])) return [];
  const words = Object.entries(weights).map(([cloud, points]) => `${cloud} ${points}`);
  return [setWeights(weights, `move traffic away at once: ${words.join(" ")}`)];
}

/** The clouds whose ready pods could not serve their share of these weights. */
function shortIn(facts: Snapshot, weights: Weights, { inventory }: RunbookContext): Cloud[] {
  const capacity = readyCapacity(clusterCapacities(inventory.clusters, servingClusters(facts)));
  const demand = facts.demand.requestsPerSecond;
  return capacityShortfalls({ demand, weights, headroomPercent: 0 }, capacity).map(({ cloud }) => cloud);
}

function wordsOf(missing: Readonly<Record<Cloud, number>>): string[] {
  return Object.entries(missing).map(
    ([name, perSecond]) =>
      `${name} cannot carry ${Math.ceil(perSecond)} requests/s of what another loss would ask of it`,
  );
}
