/**
 * A new primary where the old one cannot be asked to stop: its machine is dead, frozen, or cut off.
 *
 * Invariants
 * 1. The fence comes first: every standby takes nothing more from the old primary, so that it can acknowledge nothing more,
 *    whether it lives or not. The guards look for that themselves right before the promotion.
 * 2. The one with the furthest WAL is promoted. It is the last to leave the old primary: were that alive after all, its last
 *    commits are on the one that is promoted.
 * 3. Nothing here waits for the lost member, and nothing is done to it: `restore-traffic` makes it a standby again. A member
 *    that was stopped cleanly and can be asked (a planned move was under way) follows with the others.
 * 4. Where too few are left to follow, synchronous commits wait for a standby, and so would a write that is to prove them: it
 *    is not made, and people are told. Whether what too few servers have is acknowledged all the same is the policy's choice
 *    (`standbysGone`), and then it is on record behind the commit.
 * 5. Where nobody can know what clients were promised beyond what standbys have, it is forced by people or not at all. Then it
 *    loses no more than it must: the furthest of those that are left, with all that it received.
 */
import { lossIfPromoted } from "../../domain/guards/databases.ts";
import { type Cloud, type DatabaseName, memberOf, type Snapshot } from "../../domain/snapshot.ts";
import type { DatabaseGroup } from "../../domain/inventory/schema.ts";
import { compareLsn, parseLsn } from "../../domain/units.ts";
import type { Act, Check } from "../../engine/act.ts";
import type { Operation } from "../../engine/runbook.ts";
import { promote, unblockWrites } from "../acts/primary.ts";
import { createSlot, detach, follow, setSynchronous } from "../acts/replication.ts";
import { everyoneFollows, fewerNames, oneRealWrite, slotIn, synchronousNames } from "./primary-move.ts";

export type PrimaryRescue = {
  readonly database: DatabaseName;
  readonly to: Cloud;
  readonly prepare: readonly Act[];
  /** The others leave the old primary, then the one that is promoted. */
  readonly leave: readonly Act[];
  readonly furthest: Check;
  readonly leaveLast: Act;
  readonly caughtUp: Check;
  readonly promote: Act;
  readonly rejoin: readonly Act[];
  readonly survivorsFollow: Check;
  /** Null where commits wait for a standby that is not there. */
  readonly written: Check | null;
  /** It acknowledges what fewer have than the inventory states. */
  readonly alone: boolean;
};

/** `lost`: the cloud that nothing is asked of. */
export type RescueOrder = {
  readonly database: DatabaseName;
  readonly group: DatabaseGroup;
  readonly lost: Cloud;
  readonly standbysGone: "wait" | "degrade";
  /** People accept that what it loses cannot be known. Guards refuse it all the same, and have to be overridden. */
  readonly isForced: boolean;
};

/** Standbys that can be asked, the furthest first; equals in the inventory's order. */
function survivors(facts: Snapshot, { database, group }: RescueOrder): Cloud[] {
  const standing = Object.keys(group.members).filter((cloud) => {
    const { state, role, position } = memberOf(facts, database, cloud);
    return state === "running" && role === "standby" && position !== null;
  });
  const reach = (cloud: Cloud) => parseLsn(memberOf(facts, database, cloud).position ?? "0/0");
  return standing.toSorted((left, right) => compareLsn(reach(right), reach(left)));
}

/** Null where no standby is left that could be promoted. */
export function decideRescue(facts: Snapshot, order: RescueOrder): PrimaryRescue | null {
  const { database, group } = order;
  const [to, ...others] = survivors(facts, order);
  if (to === undefined) return null;
  const target = { database, cloud: to };
  const slotOf = (cloud: Cloud) => slotIn(group, cloud);
  const everybody = Object.keys(group.members).filter((cloud) => cloud !== to);
  const followers = [...others, ...everybody.filter((cloud) => isParked(facts, order, cloud))];
  const isShort = followers.length < group.synchronous;
  const isLowered = isShort && order.standbysGone === "degrade";
  return {
    database,
    to,
    prepare: [
      ...followers.map((cloud) => createSlot(target, slotOf(cloud))),
      setSynchronous(target, synchronousNames(group, everybody)),
    ],
    leave: others.map((cloud) => detach({ database, cloud }, slotOf(cloud))),
    furthest: furthest(target, others),
    leaveLast: detach(target, slotOf(to)),
    caughtUp: order.isForced ? hasAllReceived(target) : hasAllPromised(target, group.synchronous),
    promote: promote(target, slotOf(to)),
    rejoin: [
      ...followers.map((cloud) => follow({ database, cloud }, to, slotOf(cloud))),
      ...(isLowered ? [setSynchronous(target, fewerNames(group, followers), "alone")] : []),
      ...(memberOf(facts, database, to).writesBlocked ? [unblockWrites(target)] : []),
    ],
    survivorsFollow: everyoneFollows({
      database,
      to,
      but: everybody.filter((cloud) => !followers.includes(cloud)),
    }),
    written: isShort && !isLowered ? null : oneRealWrite(target),
    alone: isLowered,
  };
}

/** A former primary that wrote its shutdown checkpoint, and whose agent answers. */
function isParked(facts: Snapshot, { database, lost }: RescueOrder, cloud: Cloud): boolean {
  const { state, stoppedCleanly } = memberOf(facts, database, cloud);
  return cloud !== lost && state === "stopped" && stoppedCleanly;
}

export async function rescuePrimary(op: Operation, move: PrimaryRescue, deadlineMs: number): Promise<void> {
  for (const act of move.prepare) await op.act(act);
  await op.pivot(`make ${move.to} the primary of ${move.database}`, { deadlineMs }, async (pivot) => {
    for (const act of move.leave) await pivot.act(act);
    await pivot.check(move.furthest);
    await pivot.act(move.leaveLast);
    await pivot.check(move.caughtUp);
    await pivot.commit(move.promote);
    for (const act of move.rejoin) await pivot.act(act);
    await pivot.check(move.survivorsFollow);
    if (move.written !== null) await pivot.check(move.written);
  });
}

type Target = { readonly database: DatabaseName; readonly cloud: Cloud };

function furthest({ database, cloud }: Target, others: readonly Cloud[]): Check {
  return {
    title: `no other standby has more than ${cloud}`,
    section: "databases",
    deadlineMs: 3_000,
    judge: (facts) => {
      const own = memberOf(facts, database, cloud).position;
      const reaches = Object.fromEntries(
        others.map((other) => [other, memberOf(facts, database, other).position]),
      );
      const ok =
        own !== null &&
        Object.values(reaches).every(
          (reach) => reach !== null && compareLsn(parseLsn(own), parseLsn(reach)) >= 0,
        );
      return { ok, evidence: { [cloud]: own, ...reaches } };
    },
  };
}

/** By what is replayed: of a last record that came in part only, nobody was promised anything. */
function hasAllPromised({ database, cloud }: Target, synchronous: number): Check {
  return {
    title: `${cloud} has replayed all that anybody was promised`,
    section: "databases",
    deadlineMs: 5_000,
    judge: (facts) => {
      const { position, replayed } = memberOf(facts, database, cloud);
      const lossBytes = lossIfPromoted(facts, { database, synchronous }, cloud);
      return { ok: lossBytes === 0, evidence: { received: position, replayed, lossBytes } };
    },
  };
}

/** Of one that is forced: what others had beyond that is given up. */
function hasAllReceived({ database, cloud }: Target): Check {
  return {
    title: `${cloud} has replayed all that it received`,
    section: "databases",
    deadlineMs: 5_000,
    judge: (facts) => {
      const { position, replayed } = memberOf(facts, database, cloud);
      return { ok: position !== null && replayed === position, evidence: { received: position, replayed } };
    },
  };
}
