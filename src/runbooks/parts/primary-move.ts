/**
 * Moving a primary between clouds, in the one order that is safe: everything that can be prepared while writes
 * flow, then block, stop, compare, promote; then, with writes open again, the old primary follows.
 *
 * Invariants
 * 1. The third member follows the target before the promotion (a cascade), so that synchronous commits have somebody
 *    to wait for from the first one on.
 * 2. Between "block writes" and "promote" stands nothing that could be done before or after.
 */
import { lossIfPromoted } from "../../domain/guards/databases.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { DatabaseGroup } from "../../domain/inventory/schema.ts";
import {
  type Cloud,
  type DatabaseName,
  memberOf,
  primariesOf,
  type Snapshot,
} from "../../domain/snapshot.ts";
import { lsnDistanceBytes, parseLsn } from "../../domain/units.ts";
import type { Act, Check } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { Operation } from "../../engine/runbook.ts";
import { blockWrites, promote, stopCleanly, unblockWrites } from "../acts/primary.ts";
import { createSlot, dropSlot, follow, setSynchronous, streamsFrom } from "../acts/replication.ts";

export type PrimaryMove = {
  readonly database: DatabaseName;
  readonly from: Cloud;
  readonly to: Cloud;
  readonly prepare: readonly Act[];
  readonly block: Act;
  readonly stop: Act;
  readonly caughtUp: Check;
  readonly promote: Act;
  readonly rejoin: readonly Act[];
  readonly everyoneFollows: Check;
  readonly written: Check;
};

export type MoveOrder = {
  readonly database: DatabaseName;
  readonly group: DatabaseGroup;
  readonly from: Cloud;
  readonly to: Cloud;
};

export function decidePrimaryMove({ database, group, from, to }: MoveOrder): PrimaryMove {
  const others = Object.keys(group.members).filter((cloud) => cloud !== to);
  const bystanders = others.filter((cloud) => cloud !== from);
  const target = { database, cloud: to };
  const source = { database, cloud: from };
  const slotOf = (cloud: Cloud) => slotIn(group, cloud);
  return {
    database,
    from,
    to,
    prepare: [
      ...others.map((cloud) => createSlot(target, slotOf(cloud))),
      setSynchronous(target, synchronousNames(group, others)),
      ...bystanders.map((cloud) => follow({ database, cloud }, to, slotOf(cloud))),
    ],
    block: blockWrites(source),
    stop: stopCleanly(source),
    caughtUp: caughtUp({ database, to, synchronous: group.synchronous }),
    promote: promote(target, slotOf(to)),
    rejoin: [
      follow(source, to, slotOf(from)),
      ...Object.keys(group.members)
        .filter((cloud) => cloud !== from)
        .map((cloud) => dropSlot(source, slotOf(cloud))),
      unblockWrites(target),
    ],
    everyoneFollows: everyoneFollows({ database, to }),
    written: oneRealWrite(target),
  };
}

export async function movePrimary(op: Operation, move: PrimaryMove, deadlineMs: number): Promise<void> {
  for (const act of move.prepare) await op.act(act);
  await op.pivot(
    `move the primary of ${move.database} from ${move.from} to ${move.to}`,
    { deadlineMs },
    async (pivot) => {
      await pivot.act(move.block);
      await pivot.act(move.stop);
      await pivot.check(move.caughtUp);
      await pivot.commit(move.promote);
      for (const act of move.rejoin) await pivot.act(act);
      await pivot.check(move.everyoneFollows);
      await pivot.check(move.written);
    },
  );
}

export type LagPolicy = { readonly bytes: number; readonly time: number };

/** Throws Refusal unless every standby streams from the primary and is close enough behind it to be a target. */
export function requireStandbys(facts: Snapshot, order: MoveOrder, lag: LagPolicy): void {
  const { database, from } = order;
  const primaries = primariesOf(facts, database);
  if (primaries.length !== 1 || primaries[0] !== from) {
    throw new Refusal(`${from} is not the one primary of ${database}`, { database, primaries });
  }
  const primary = memberOf(facts, database, from);
  for (const cloud of Object.keys(order.group.members).filter((name) => name !== from)) {
    const { state, streaming, replayed, lagMs, follows } = memberOf(facts, database, cloud);
    const behindBytes =
      replayed === null || primary.position === null
        ? null
        : lsnDistanceBytes(parseLsn(primary.position), parseLsn(replayed));
    const seen = {
      database,
      cloud,
      state,
      streaming,
      follows,
      behindBytes,
      lagMs,
      allowed: { bytes: lag.bytes, ms: lag.time },
    };
    if (state !== "running" || !streaming)
      throw new Refusal(`the standby of ${database} in ${cloud} is not streaming`, seen);
    if (behindBytes === null || behindBytes > lag.bytes || lagMs > lag.time) {
      throw new Refusal(`the standby of ${database} in ${cloud} is too far behind`, seen);
    }
  }
}

export function slotIn(group: DatabaseGroup, cloud: Cloud): string {
  const member = group.members[cloud];
  if (member === undefined) throw new RangeError(`the inventory names no database member in ${cloud}`);
  return member.slot;
}

export function synchronousNames(group: DatabaseGroup, standbys: readonly Cloud[]): string {
  if (group.synchronous === 0) return "";
  return `ANY ${group.synchronous} (${standbys.map((cloud) => slotIn(group, cloud)).join(", ")})`;
}

/** Of as many as there are, where that is fewer than the inventory states. */
export function fewerNames(group: DatabaseGroup, standbys: readonly Cloud[]): string {
  if (standbys.length === 0) return "";
  return synchronousNames({ ...group, synchronous: standbys.length }, standbys);
}

function caughtUp({
  database,
  to,
  synchronous,
}: {
  readonly database: DatabaseName;
  readonly to: Cloud;
  readonly synchronous: number;
}): Check {
  return {
    title: `${to} has replayed all that was ever acknowledged`,
    section: "databases",
    deadlineMs: 5_000,
    judge: (facts) => {
      const { position, replayed } = memberOf(facts, database, to);
      const lossBytes = lossIfPromoted(facts, { database, synchronous }, to);
      return {
        ok: lossBytes === 0 && position === replayed,
        evidence: { received: position, replayed, lossBytes },
      };
    },
  };
}

/** `but`: members that are lost, and that nobody waits for. */
export function everyoneFollows({
  database,
  to,
  but = [],
}: {
  readonly database: DatabaseName;
  readonly to: Cloud;
  readonly but?: readonly Cloud[];
}): Check {
  const whom = but.length === 0 ? "every other member" : `every other member but ${but.join(", ")}`;
  return {
    title: `${whom} of ${database} follows ${to} on its timeline`,
    section: "databases",
    deadlineMs: 10_000,
    judge: (facts) => {
      const { timeline, role } = memberOf(facts, database, to);
      const others = Object.entries(facts.databases[database]?.members ?? {}).filter(
        ([cloud]) => cloud !== to && !but.includes(cloud),
      );
      const ok = others.every(([, member]) => streamsFrom(member, to, timeline));
      const members: Record<Cloud, JsonObject> = {};
      for (const [cloud, { follows, timeline: own, streaming }] of others)
        members[cloud] = { follows, timeline: own, streaming };
      return {
        ok: ok && role === "primary",
        evidence: { primary: to, timeline, others: members },
      };
    },
  };
}

export function oneRealWrite(at: { readonly database: DatabaseName; readonly cloud: Cloud }): Check {
  return {
    title: `a write on ${at.cloud} is acknowledged`,
    section: "databases",
    deadlineMs: 5_000,
    examine: async (_facts, world, signal) => {
      const { timeline, tookMs } = await world.databases.marker(at, signal);
      return { ok: true, evidence: { cloud: at.cloud, timeline, tookMs } };
    },
  };
}
