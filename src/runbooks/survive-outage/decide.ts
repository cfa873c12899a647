/** What is done about a cloud that is lost: pure, so that it can be read, tested and rehearsed. */
import type { DatabaseGroup } from "../../domain/inventory/schema.ts";
import { isSilent } from "../../domain/guards/fence.ts";
import { regionLossOf } from "../../domain/region-loss.ts";
import { type Cloud, memberOf, primariesOf, type Snapshot } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { unblockWrites } from "../acts/primary.ts";
import { decidePrimaryMove, type PrimaryMove, requireStandbys } from "../parts/primary-move.ts";
import { decideRescue, type PrimaryRescue, type RescueOrder } from "../parts/primary-rescue.ts";
import { decideTraffic, type TrafficPlan } from "./decide-traffic.ts";

export type OutageInput = { readonly cloud: Cloud; readonly database: "move" | "stay" };

export type OutagePlan = TrafficPlan & {
  readonly reopen: readonly Act[];
  readonly moves: readonly PrimaryMove[];
  readonly rescues: readonly PrimaryRescue[];
};

const OBSERVERS_LEAST = 2;

/** Throws Refusal, with facts, when the cloud is not lost by a quorum, or there is nothing that could be done. */
export function decideSurvival(facts: Snapshot, input: OutageInput, context: RunbookContext): OutagePlan {
  const { cloud } = input;
  const verdict = requireLost(facts, cloud);
  const traffic = decideTraffic(facts, { cloud, verdict }, context);
  const databases = input.database === "stay" ? NOTHING : decideDatabases(facts, cloud, context);
  const plan: OutagePlan = {
    ...traffic,
    ...databases,
    // What people have to know.
    notices: [...traffic.notices, ...databases.notices],
  };
  const acts = [plan.first, plan.shift, ...plan.capacity, plan.reopen, plan.moves, plan.rescues];
  if (acts.every(({ length }) => length === 0)) throw nothingToDo(facts, cloud);
  return plan;
}

function nothingToDo(facts: Snapshot, cloud: Cloud): Refusal {
  const { weights } = facts.traffic;
  const region = regionLossOf(facts.clouds[cloud]);
  if (region === null)
    return new Refusal(`${cloud} has no traffic and no primary, and the others have what they need`, {
      weights,
    });
  const words = `${region.left.join(", ")} carries what ${cloud} is given without ${region.lost.join(", ")}`;
  return new Refusal(`${words}, and the others have what they need`, { weights, ...region });
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
