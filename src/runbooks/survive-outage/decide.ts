/** What is done about a cloud that is lost: pure, so that it can be read, tested and rehearsed. */
import { capacityShortfalls, clusterCapacities, readyCapacity } from "../../domain/capacity.ts";
import type { DatabaseGroup } from "../../domain/inventory/schema.ts";
import { isSilent } from "../../domain/guards/fence.ts";
import { type Cloud, memberOf, primariesOf, type Snapshot, type Weights } from "../../domain/snapshot.ts";
import { withoutCloud } from "../../domain/weights.ts";
import type { Act } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { unblockWrites } from "../acts/primary.ts";
import { setWeights } from "../acts/set-weights.ts";
import { raiseForAnotherLoss } from "../parts/capacity-plan.ts";
import { decidePrimaryMove, type PrimaryMove, requireStandbys } from "../parts/primary-move.ts";
import { decideRescue, type PrimaryRescue, type RescueOrder } from "../parts/primary-rescue.ts";

export type OutageInput = { readonly cloud: Cloud; readonly database: "move" | "stay" };

export type OutagePlan = {
  readonly weights: Weights;
  readonly shift: readonly Act[];
  /** Whether the others have to be raised before they can take the share: a degraded cloud still serves some. */
  readonly capacityFirst: boolean;
  readonly capacity: readonly Act[];
  readonly reopen: readonly Act[];
  readonly moves: readonly PrimaryMove[];
  readonly rescues: readonly PrimaryRescue[];
  /** What people have to know. */
  readonly notices: readonly string[];
};

const OBSERVERS_LEAST = 2;

/** Throws Refusal, with facts, when the cloud is not lost by a quorum, or there is nothing that could be done. */
export function decideSurvival(facts: Snapshot, input: OutageInput, context: RunbookContext): OutagePlan {
  const { cloud } = input;
  const verdict = requireLost(facts, cloud);
  const notices: string[] = [];
  const left = Object.keys(context.inventory.clouds).filter(
    (name) => name !== cloud && facts.clouds[name]?.verdict === "healthy",
  );
  const weights = weightsWithout(facts, cloud, left, notices);
  const shift = sharesOf(facts, weights);
  const raised = raiseForAnotherLoss(facts, context, { left, weights });
  for (const [name, missing] of Object.entries(raised.missing))
    notices.push(
      `${name} cannot carry ${Math.ceil(missing)} requests/s of what another loss would ask of it`,
    );
  const databases = input.database === "stay" ? NOTHING : decideDatabases(facts, cloud, context);
  const plan: OutagePlan = {
    weights,
    shift,
    capacityFirst: verdict === "degraded" && isShort(facts, weights, context),
    capacity: raised.acts,
    ...databases,
    notices: [...notices, ...databases.notices],
  };
  const acts = [plan.shift, plan.capacity, plan.reopen, plan.moves, plan.rescues];
  if (acts.every(({ length }) => length === 0))
    throw new Refusal(`${cloud} has no traffic and no primary, and the others have what they need`, {
      weights: facts.traffic.weights,
    });
  return plan;
}

function requireLost(facts: Snapshot, cloud: Cloud): "down" | "degraded" {
  const seen = facts.clouds[cloud];
  const { verdict = "unknown", observers = 0, reason = "nobody has looked at it" } = seen ?? {};
  const said = { cloud, verdict, reason, observers };
  if (verdict !== "down" && verdict !== "degraded")
    throw new Refusal(`${cloud} is ${verdict}: ${reason}; to move away from it, use manual-failover`, said);
  if (observers < OBSERVERS_LEAST)
    throw new Refusal(`that ${cloud} is ${verdict} is the word of ${observers} only: ${reason}`, said);
  return verdict;
}

/** Fail open: where nobody healthy is left to take it, the traffic stays where it is, and that is said. */
function weightsWithout(facts: Snapshot, cloud: Cloud, left: readonly Cloud[], notices: string[]): Weights {
  const { weights } = facts.traffic;
  if (left.length > 0) return withoutCloud(weights, cloud, left);
  notices.push(`no other cloud is healthy: traffic stays as it is, and who can answer does`);
  return weights;
}

function sharesOf(facts: Snapshot, weights: Weights): Act[] {
  const now = facts.traffic.weights;
  if (Object.keys(now).every((cloud) => now[cloud] === weights[cloud])) return [];
  const words = Object.entries(weights).map(([cloud, points]) => `${cloud} ${points}`);
  return [setWeights(weights, `move traffic away at once: ${words.join(" ")}`)];
}

function isShort(facts: Snapshot, weights: Weights, { inventory }: RunbookContext): boolean {
  const capacity = readyCapacity(clusterCapacities(inventory.clusters, facts.clusters));
  const demand = facts.demand.requestsPerSecond;
  return capacityShortfalls({ demand, weights, headroomPercent: 0 }, capacity).length > 0;
}

type Databases = Pick<OutagePlan, "reopen" | "moves" | "rescues" | "notices">;

const NOTHING: Databases = { reopen: [], moves: [], rescues: [], notices: [] };

function decideDatabases(facts: Snapshot, cloud: Cloud, { inventory }: RunbookContext): Databases {
  const reopen: Act[] = [];
  const moves: PrimaryMove[] = [];
  const rescues: PrimaryRescue[] = [];
  const notices: string[] = [];
  for (const [database, group] of Object.entries(inventory.databases)) {
    const order = { database, group, lost: cloud };
    const [primary, second] = primariesOf(facts, database);
    if (second !== undefined) {
      notices.push(`${database} has more than one primary; nothing is done to it: look at once`);
    } else if (primary === undefined) {
      const objection = objectionToRescue(facts, order);
      const rescue = objection === null ? decideRescue(facts, order) : null;
      if (objection !== null) notices.push(`${objection}; nothing is done to ${database}`);
      else if (rescue === null) notices.push(`no standby of ${database} is left that could be promoted`);
      else {
        rescues.push(rescue);
        if (rescue.written === null)
          notices.push(`writes to ${database} wait until ${rescue.to} has a standby again`);
      }
    } else if (primary === cloud && facts.clouds[cloud]?.verdict === "down") {
      const move = cleanMove(facts, { ...order, from: cloud }, inventory.policies.lag);
      if (move === null)
        notices.push(`${database} stays in ${cloud}: no other member streams from it closely`);
      else moves.push(move);
    } else if (primary === cloud) {
      notices.push(`${database} stays in ${cloud}, which still answers`);
    } else if (memberOf(facts, database, primary).writesBlocked) {
      reopen.push(unblockWrites({ database, cloud: primary }));
    }
  }
  return { reopen, moves, rescues, notices };
}

/**
 * Why no primary is made, although none is seen. It is left out then, and the rest of the run goes on: traffic must not stay
 * with what is lost because of a promotion that guards would refuse.
 */
function objectionToRescue(facts: Snapshot, { database, group, lost }: RescueOrder): string | null {
  const silent = Object.keys(group.members).filter((cloud) => isSilent(memberOf(facts, database, cloud)));
  // No quorum has condemned these: the primary may be there, and well.
  const hidden = silent.filter((cloud) => cloud !== lost && facts.clouds[cloud]?.verdict !== "down");
  if (hidden.length > 0)
    return `the primary of ${database} may be in ${hidden.join(", ")}, which cannot be asked and which nobody calls down`;
  if (silent.length <= group.synchronous) return null;
  return `${silent.join(", ")} cannot be asked, and commits wait for ${group.synchronous}: what a promotion would lose cannot be known`;
}

/** Its pods are gone and its database is not: it can still be asked to stop. */
function cleanMove(
  facts: Snapshot,
  order: {
    readonly database: string;
    readonly group: DatabaseGroup;
    readonly from: Cloud;
  },
  lag: RunbookContext["inventory"]["policies"]["lag"],
): PrimaryMove | null {
  const to = Object.keys(order.group.members).find(
    (name) => name !== order.from && facts.clouds[name]?.verdict === "healthy",
  );
  if (to === undefined) return null;
  try {
    requireStandbys(facts, { ...order, to }, lag);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
  return decidePrimaryMove({ ...order, to });
}
