/**
 * The common part of all acts on a database member: what differs is the overlay, the proof and the way back.
 * LSNs, lag and `streaming` are measured, so `before` leaves them out: it is hashed and compared.
 */
import type { JsonObject } from "../../domain/json.ts";
import {
  type Alone,
  type Cloud,
  type DatabaseMemberFacts,
  type DatabaseName,
  memberOf,
  primariesOf,
  type Snapshot,
} from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import type { DatabaseAct } from "../../ports/databases.ts";

export type Place = { readonly database: DatabaseName; readonly cloud: Cloud };

export const databaseLock = (database: DatabaseName): string => `database/${database}`;

export type DatabaseActParts = {
  readonly at: Place;
  readonly act: DatabaseAct;
  readonly title: string;
  readonly deadlineMs: number;
  expect(member: DatabaseMemberFacts, facts: Snapshot): DatabaseMemberFacts;
  proved(now: DatabaseMemberFacts, before: DatabaseMemberFacts, facts: Snapshot): boolean;
  undo(before: DatabaseMemberFacts): Act | null | "never";
  withdraw?: (before: DatabaseMemberFacts) => Act;
  obstacle?(member: DatabaseMemberFacts): string | null;
  /** What it is expected to leave on record; left out: what was there. */
  alone?(alone: Alone | null): Alone | null;
  /** What the act is expected to leave at the other members. */
  elsewhere?(other: DatabaseMemberFacts, own: DatabaseMemberFacts): DatabaseMemberFacts;
};

export function databaseAct(parts: DatabaseActParts): Act {
  const { at, act, title, deadlineMs } = parts;
  const { act: op, ...settings } = act;
  const member = (facts: Snapshot) => memberOf(facts, at.database, at.cloud);
  return {
    op,
    title,
    target: `database/${at.database}@${at.cloud}`,
    params: { ...at, ...settings },
    lock: databaseLock(at.database),
    section: "databases",
    deadlineMs,
    pollMs: 10,
    // Whose primary it is belongs to it: what was meant for a member of one primary is not meant for one of another.
    before: (facts) => ({ ...steady(member(facts)), primary: primariesOf(facts, at.database)[0] ?? null }),
    expect: (facts) => overlay(facts, parts),
    obstacle: (facts) => parts.obstacle?.(member(facts)) ?? null,
    perform: async (world, { token }, signal) => {
      const { result, answer } = await world.databases.perform(at, act, token, signal);
      return { result, answer: { ...answer, slots: answer.slots.map((slot) => ({ ...slot })) } };
    },
    proof: (now, before) => ({
      // Of a member that cannot be read nothing is shown: it has no slots to be seen, and no names to wait for.
      ok: member(now).state !== "unreachable" && parts.proved(member(now), member(before), now),
      evidence: { ...steady(member(now)), position: member(now).position, replayed: member(now).replayed },
    }),
    undo: (before) => parts.undo(member(before)),
    ...withdrawalOf(parts),
    byHand: (hand) => hand.database(at, act),
  };
}

function withdrawalOf({ at, withdraw }: Pick<DatabaseActParts, "at" | "withdraw">): Pick<Act, "withdraw"> {
  if (withdraw === undefined) return {};
  return { withdraw: (before) => withdraw(memberOf(before, at.database, at.cloud)) };
}

/**
 * What does not change by itself. A standby's timeline does: it is its receiver's while that is connected, and the
 * last restart point's otherwise, which lags behind (measured: 1 for 2 right after the primary's clean stop).
 */
function steady(member: DatabaseMemberFacts): JsonObject {
  const { state, role, timeline, follows, writesBlocked, synchronousNames, slots } = member;
  // Of a stopped server slots cannot be asked, and whom its settings name is no state of it.
  const isRunning = state === "running";
  return {
    state,
    role,
    timeline: role === "standby" ? null : timeline,
    follows: isRunning ? follows : null,
    writesBlocked,
    synchronousNames,
    slots: isRunning ? slots.map(({ name }) => name).sort() : [],
  };
}

function overlay(facts: Snapshot, parts: DatabaseActParts): Snapshot {
  const { at } = parts;
  const own = parts.expect(memberOf(facts, at.database, at.cloud), facts);
  const members: Record<Cloud, DatabaseMemberFacts> = {};
  for (const [cloud, member] of Object.entries(facts.databases[at.database]?.members ?? {})) {
    members[cloud] = cloud === at.cloud ? own : (parts.elsewhere?.(member, own) ?? member);
  }
  const was = facts.databases[at.database]?.alone ?? null;
  const alone = parts.alone === undefined ? was : parts.alone(was);
  return { ...facts, databases: { ...facts.databases, [at.database]: { members, alone } } };
}
