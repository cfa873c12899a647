/** Guards 1 to 3 of the design: weights are whole, none goes to the unhealthy, and capacity carries the shift. */
import {
  capacityShortfalls,
  clusterCapacities,
  type LossResult,
  readyCapacity,
  type Shortfall,
  survivesAnyLoss,
} from "../capacity.ts";
import { isClusterDown, servingClusters } from "../region-loss.ts";
import { checkWeights, sameWeights } from "../weights.ts";
import type { JsonObject } from "../json.ts";
import type { Cloud, Snapshot } from "../snapshot.ts";
import { type Change, type Guard, type GuardPolicy, pass, refuse, warn } from "./guard.ts";

/** Route 53 treats all-zero as equal and uses a zero record when all others fail; we refuse both ends (its developer guide, "Weighted routing"). */
export const weightsAreWhole: Guard = {
  name: "weights-are-whole",
  watches: ["traffic"],
  judge({ before, after, policy }) {
    const weights = after.traffic.weights;
    const problems = checkWeights(weights, policy.clouds);
    if (problems.length > 0) return refuse(problems.join("; "), { weights });
    const serving = Object.keys(weights).filter((cloud) => (weights[cloud] ?? 0) > 0);
    const healthy = serving.filter((cloud) => after.clouds[cloud]?.verdict === "healthy");
    const anyHealthy = policy.clouds.some((cloud) => after.clouds[cloud]?.verdict === "healthy");
    if (healthy.length === 0 && anyHealthy) {
      const facts = { weights, verdicts: verdicts(after) };
      // Capacity may be what lets a healthy one get some.
      if (sameWeights(before.traffic.weights, weights))
        return warn("no healthy cloud gets traffic, and this act leaves the weights as they are", facts);
      return refuse("no healthy cloud would get traffic", facts);
    }
    return pass({ weights });
  },
};

export const noWeightToTheUnhealthy: Guard = {
  name: "no-weight-to-the-unhealthy",
  watches: ["traffic"],
  judge({ before, after }) {
    const raised = raisedClouds(before, after);
    const unfit = raised.filter((cloud) => before.clouds[cloud]?.verdict !== "healthy");
    if (unfit.length === 0) return pass({ raised });
    const named = unfit.map((cloud) => `${cloud} (${before.clouds[cloud]?.verdict ?? "unknown"})`).join(", ");
    return refuse(`traffic would rise to a cloud that is not healthy: ${named}`, {
      raised,
      verdicts: verdicts(before),
    });
  },
};

type CapacityPicture = {
  readonly short: readonly Shortfall[];
  readonly losses: readonly LossResult[];
  readonly missing: number;
  readonly ready: Readonly<Record<Cloud, number>>;
};

export const capacityForTheShift: Guard = {
  name: "capacity-for-the-shift",
  watches: ["traffic"],
  judge({ before, after, policy }) {
    const now = picture(before, policy);
    const then = picture(after, policy);
    const facts = factsOf(then, after);
    if (then.short.length === 0 && then.losses.length === 0) return pass(facts);
    // What only adds capacity may run while there is too little: it is the way out.
    if (!takesAway(before, after) && then.missing <= now.missing) {
      return warn("capacity is short, and this act does not make it worse", facts);
    }
    if (failsOpen({ before, after, policy })) {
      return warn(
        "a cloud or a region is down already: serving what can be served, with less than the demand",
        facts,
      );
    }
    if (then.short.length > 0) {
      return refuse(
        `ready capacity is below the share of demand in ${then.short.map(({ cloud }) => cloud).join(", ")}`,
        facts,
      );
    }
    if (leavesTheUnwell(before, after))
      return warn(
        "traffic leaves who is not well; who takes it carries that, and not another loss yet",
        facts,
      );
    const why = `ready capacity would be below demand after the loss of ${then.losses.map(({ lost }) => lost).join(" or ")}`;
    return policy.surviveAnotherLoss === "warn" ? warn(why, facts) : refuse(why, facts);
  },
};

function picture(facts: Snapshot, policy: GuardPolicy): CapacityPicture {
  const usable = policy.clouds.filter((cloud) => isUsable(facts, cloud));
  const all = readyCapacity(clusterCapacities(policy.clusters, servingClusters(facts)));
  const ready = Object.fromEntries(
    policy.clouds.map((cloud) => [cloud, usable.includes(cloud) ? (all[cloud] ?? 0) : 0]),
  );
  const demand = facts.demand.requestsPerSecond;
  const short = capacityShortfalls({ demand, weights: facts.traffic.weights, headroomPercent: 0 }, ready);
  const { losses } = survivesAnyLoss({ capacity: ready, demand, healthy: usable });
  return {
    short,
    losses: losses.filter(({ survives }) => !survives),
    missing: short.reduce((sum, { missing }) => sum + missing, 0),
    ready,
  };
}

function isUsable(facts: Snapshot, cloud: Cloud): boolean {
  const verdict = facts.clouds[cloud]?.verdict;
  return verdict === "healthy" || verdict === "degraded";
}

function takesAway(before: Snapshot, after: Snapshot): boolean {
  return lowersPods(before, after) || raisedClouds(before, after).length > 0;
}

function lowersPods(before: Snapshot, after: Snapshot): boolean {
  return Object.entries(after.clusters).some(
    ([name, cluster]) => cluster.ready < (before.clusters[name]?.ready ?? 0),
  );
}

/** Fail open: only where a cloud or a region of one is down, and only for an act that leaves no more demand unserved than before. */
function failsOpen({ before, after, policy }: Change): boolean {
  const someDown =
    policy.clouds.some((cloud) => before.clouds[cloud]?.verdict === "down") ||
    Object.keys(policy.clusters).some((cluster) => isClusterDown(before, cluster));
  return someDown && picture(after, policy).missing <= picture(before, policy).missing;
}

/**
 * No replica is lowered, and only clouds that are told to be unwell lose traffic. Waiting for pods would have their clients
 * fail meanwhile, and what another loss would meet is the same before it.
 */
function leavesTheUnwell(before: Snapshot, after: Snapshot): boolean {
  const lowered = raisedClouds(after, before);
  if (lowered.length === 0 || lowersPods(before, after)) return false;
  return lowered.every((cloud) => isUnwell(before, cloud));
}

function isUnwell(facts: Snapshot, cloud: Cloud): boolean {
  const verdict = facts.clouds[cloud]?.verdict;
  return verdict === "degraded" || verdict === "down";
}

function raisedClouds(before: Snapshot, after: Snapshot): Cloud[] {
  const was = before.traffic.weights;
  return Object.entries(after.traffic.weights)
    .filter(([cloud, points]) => points > (was[cloud] ?? 0))
    .map(([cloud]) => cloud);
}

function verdicts(facts: Snapshot): JsonObject {
  return Object.fromEntries(Object.entries(facts.clouds).map(([cloud, { verdict }]) => [cloud, verdict]));
}

function factsOf(seen: CapacityPicture, facts: Snapshot): JsonObject {
  return {
    demandPerSecond: Math.round(facts.demand.requestsPerSecond * 10) / 10,
    readyPerSecond: seen.ready,
    weights: facts.traffic.weights,
    short: seen.short.map((short) => ({ ...short })),
    notSurvived: seen.losses.map((loss) => ({ ...loss })),
  };
}
