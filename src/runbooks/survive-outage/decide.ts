/** What is done about a cloud that is lost: pure, so that it can be read, tested and rehearsed. */
import type { DatabaseGroup } from "../../domain/inventory/schema.ts";
import { isSilent, mayBeAlone } from "../../domain/guards/fence.ts";
import { regionLossOf } from "../../domain/region-loss.ts";
import { type Cloud, memberOf, primariesOf, type Snapshot } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { unblockWrites } from "../acts/primary.ts";
import { decidePrimaryMove, type PrimaryMove, requireStandbys } from "../parts/primary-move.ts";
import { decideRescue, type PrimaryRescue, type RescueOrder } from "../parts/primary-rescue.ts";
import { decideTraffic, type TrafficPlan } from "./decide-traffic.ts";
import { decideStandbysGone } from "./standbys-gone.ts";

export type OutageInput = { readonly cloud: Cloud; readonly database: "move" | "stay" | "force" };

export type OutagePlan = TrafficPlan & {
  readonly reopen: readonly Act[];
  /** Has a primary without enough standbys acknowledge all the same. */
  readonly lower: readonly Act[];
  readonly moves: readonly PrimaryMove[];
  readonly rescues: readonly PrimaryRescue[];
};

const OBSERVERS_LEAST = 2;

/** Throws Refusal, with facts, when the cloud is not lost by a quorum, or there is nothing that could be done. */
export function decideSurvival(facts: Snapshot, input: OutageInput, context: RunbookContext): OutagePlan {
  const { cloud } = input;
  const verdict = requireLost(facts, cloud);
  const traffic = decideTraffic(facts, { cloud, verdict }, context);
  const databases = decideDatabases(facts, input, context);
  const plan: OutagePlan = {
    ...traffic,
    shift: traffic.shift.map((act) => whileLost(act, cloud)),
    ...databases,
    // What people have to know.
    notices: [...traffic.notices, ...databases.notices],
  };
  const acts = [plan.first, plan.shift, ...plan.capacity, plan.reopen, plan.lower, plan.moves, plan.rescues];
  if (acts.every(({ length }) => length === 0)) throw nothingToDo(facts, cloud);
  return plan;
}

/** Approved late, or taken up again long behind the plan, it must not empty a cloud that is well again. */
function whileLost(act: Act, cloud: Cloud): Act {
  const obstacle = (facts: Snapshot) =>
    facts.clouds[cloud]?.verdict === "healthy" ? `${cloud} is healthy again` : act.obstacle(facts);
  return { ...act, obstacle };
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

type Databases = Pick<OutagePlan, "reopen" | "lower" | "moves" | "rescues" | "notices">;

const NOTHING: Databases = { reopen: [], lower: [], moves: [], rescues: [], notices: [] };

/** Where no primary is to be moved, writes that another run has blocked are opened all the same, and what is short is said. */
function decideDatabases(
  facts: Snapshot,
  { cloud, database: wish }: OutageInput,
  { inventory }: RunbookContext,
): Databases {
  const { lag, standbysGone } = inventory.policies;
  const each = Object.entries(inventory.databases).map(([database, group]): Databases => {
    const [primary, second] = primariesOf(facts, database);
    if (second !== undefined)
      return saying(`${database} has more than one primary; nothing is done to it: look at once`);
    if (primary === undefined && wish === "stay")
      return saying(`${database} has no primary that can be asked, and is left as it is`);
    if (primary === undefined) {
      return decidePromotion(facts, { database, group, lost: cloud, standbysGone }, wish === "force");
    }
    if (primary === cloud && wish !== "stay" && facts.clouds[cloud]?.verdict === "down") {
      const move = cleanMove(facts, { database, group, from: cloud }, lag);
      if (move === null)
        return saying(`${database} stays in ${cloud}: no other member streams from it closely`);
      return { ...NOTHING, moves: [move] };
    }
    const gone = decideStandbysGone(facts, { database, group, primary, standbysGone });
    if (primary === cloud)
      return {
        ...NOTHING,
        ...gone,
        notices: [`${database} stays in ${cloud}, where it still answers`, ...gone.notices],
      };
    const isBlocked = memberOf(facts, database, primary).writesBlocked;
    return { ...NOTHING, ...gone, reopen: isBlocked ? [unblockWrites({ database, cloud: primary })] : [] };
  });
  return {
    reopen: each.flatMap(({ reopen }) => reopen),
    lower: each.flatMap(({ lower }) => lower),
    moves: each.flatMap(({ moves }) => moves),
    rescues: each.flatMap(({ rescues }) => rescues),
    notices: each.flatMap(({ notices }) => notices),
  };
}

function saying(notice: string): Databases {
  return { ...NOTHING, notices: [notice] };
}

type Promotion = Omit<RescueOrder, "isForced">;

function decidePromotion(facts: Snapshot, order: Promotion, mayForce: boolean): Databases {
  const { database, group } = order;
  const hidden = hiddenPrimary(facts, order);
  if (hidden !== null) return saying(`${hidden}; nothing is done to ${database}`);
  const unknown = unknownLoss(facts, order);
  if (unknown !== null && !mayForce)
    return saying(`${unknown}; nothing is done to ${database}, unless people force it (--database force)`);
  const rescue = decideRescue(facts, { ...order, isForced: unknown !== null });
  if (rescue === null) return saying(`no standby of ${database} is left that could be promoted`);
  const { to, written, alone } = rescue;
  const notices: string[] = [];
  if (unknown !== null)
    notices.push(
      `${unknown}; forced, ${to} becomes the primary of ${database} with what it received, up to ${memberOf(facts, database, to).position}: what clients were promised beyond that is lost`,
    );
  if (written === null) notices.push(`writes to ${database} wait until ${to} has a standby again`);
  if (alone)
    notices.push(
      `${database}: fewer than ${group.synchronous} standbys are left; by policy ${to} acknowledges without them, and what it acknowledges so may be lost with it`,
    );
  return { ...NOTHING, rescues: [rescue], notices };
}

const NO_GROUP = { members: {}, alone: null };

function silentIn(facts: Snapshot, { database, group }: Promotion): Cloud[] {
  return Object.keys(group.members).filter((cloud) => isSilent(memberOf(facts, database, cloud)));
}

/**
 * Why no primary is made, although none is seen: no quorum has condemned these, and the primary may be there, and well. It is
 * left out then, and the rest of the run goes on: traffic must not stay with what is lost because of a promotion that guards
 * would refuse.
 */
function hiddenPrimary(facts: Snapshot, order: Promotion): string | null {
  const hidden = silentIn(facts, order).filter(
    (cloud) => cloud !== order.lost && facts.clouds[cloud]?.verdict !== "down",
  );
  if (hidden.length === 0) return null;
  return `the primary of ${order.database} may be in ${hidden.join(", ")}, which cannot be asked and which nobody calls down`;
}

/** Why nobody can know what a promotion would lose. It is left out then too, unless people accept that. */
function unknownLoss(facts: Snapshot, order: Promotion): string | null {
  const { database, group } = order;
  const silent = silentIn(facts, order);
  const alone = silent.filter((cloud) => mayBeAlone(facts.databases[database] ?? NO_GROUP, cloud));
  if (alone.length > 0)
    return `${alone.join(", ")} cannot be asked and may have acknowledged alone: what a promotion would lose cannot be known`;
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
