/** Acts on replication: slots, synchronous names, and whom a member follows. */
import type { Alone, Cloud, DatabaseMemberFacts, DatabaseName, Snapshot } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { databaseAct, type Place } from "./database-act.ts";

const DEADLINE_MS = 10_000;

export function createSlot(at: Place, slot: string): Act {
  return databaseAct({
    at,
    act: { act: "create-slot", slot },
    title: `reserve WAL on ${at.cloud} in slot ${slot}`,
    deadlineMs: DEADLINE_MS,
    expect: (member) =>
      member.slots.some(({ name }) => name === slot)
        ? member
        : { ...member, slots: [...member.slots, { name: slot, active: false, walStatus: "reserved" }] },
    proved: (now) =>
      now.slots.some(({ name, walStatus }) => name === slot && walStatus !== null && walStatus !== "lost"),
    undo: (before) => (before.slots.some(({ name }) => name === slot) ? null : dropSlot(at, slot)),
  });
}

export function dropSlot(at: Place, slot: string): Act {
  return databaseAct({
    at,
    act: { act: "drop-slot", slot },
    title: `drop slot ${slot} on ${at.cloud}, which nothing uses`,
    deadlineMs: DEADLINE_MS,
    expect: (member) => ({ ...member, slots: member.slots.filter(({ name }) => name !== slot) }),
    proved: (now) => now.state === "running" && now.slots.every(({ name }) => name !== slot),
    undo: (before) => (before.slots.some(({ name }) => name === slot) ? createSlot(at, slot) : null),
  });
}

/**
 * `record`: what has to be on record of the primary besides: that it may acknowledge alone, or that it does so no more, which it
 * is only once standbys have all that it acknowledged.
 */
export function setSynchronous(at: Place, names: string, record: "alone" | "together" | null = null): Act {
  const shown = names === "" ? "no standby" : names;
  const why =
    record === "alone" ? ", and put it on record: what is acknowledged from here on may be lost with it" : "";
  return databaseAct({
    at,
    act: { act: "set-synchronous", names },
    title: `have commits on ${at.cloud} wait for ${shown}${why}`,
    deadlineMs: DEADLINE_MS,
    expect: (member) => ({ ...member, synchronousNames: names }),
    alone: (was) => {
      if (record === "alone") return { cloud: at.cloud };
      return record === "together" && was?.cloud === at.cloud ? { cloud: null } : was;
    },
    proved: (now, _before, facts) =>
      now.state === "running" &&
      now.synchronousNames === names &&
      isOnRecord(facts.databases[at.database]?.alone ?? null, at.cloud, record),
    undo: (before) => setSynchronous(at, before.synchronousNames),
  });
}

function isOnRecord(alone: Alone | null, cloud: Cloud, record: "alone" | "together" | null): boolean {
  if (record === null) return true;
  return alone !== null && (alone.cloud === cloud) === (record === "alone");
}

/** A standby, or a cleanly stopped former primary, follows `primary` through `slot` there. */
export function follow(at: Place, primary: Cloud, slot: string): Act {
  return databaseAct({
    at,
    act: { act: "follow", primary, slot },
    title: `${at.cloud} follows ${primary}`,
    deadlineMs: 15_000,
    expect: (member, facts) => ({
      ...member,
      state: "running",
      role: "standby",
      follows: primary,
      streaming: true,
      stoppedCleanly: false,
      writesBlocked: false,
      timeline: timelineAt(facts, at.database, primary) ?? member.timeline,
    }),
    proved: (now, _before, facts) => streamsFrom(now, primary, timelineAt(facts, at.database, primary)),
    undo: (before) => {
      if (before.role !== "standby" || before.follows === null) return "never";
      return follow(at, before.follows, slot);
    },
  });
}

/** The fence from the standby's side: nothing that its primary commits from here on can be acknowledged by it. */
export function detach(at: Place, slot: string): Act {
  return databaseAct({
    at,
    act: { act: "detach", slot },
    title: `${at.cloud} takes nothing more from its primary`,
    deadlineMs: DEADLINE_MS,
    // It replays what it has received, whoever it follows.
    expect: (member) => ({ ...member, follows: null, streaming: false, replayed: member.position }),
    proved: (now) => now.role === "standby" && now.follows === null && !now.streaming,
    undo: (before) => (before.follows === null ? null : attach(at, before.follows, slot)),
    obstacle: ({ state, role }) =>
      state === "running" && role === "standby" ? null : `${at.cloud} is no running standby`,
  });
}

/**
 * Only as the undo of `detach`, and where a promotion was refused: whom it is to follow may be dead, so nobody is waited for.
 * Once it was promoted after all it is a primary, and no other may become one beside it.
 */
export function attach(at: Place, primary: Cloud, slot: string): Act {
  return databaseAct({
    at,
    act: { act: "attach", primary, slot },
    title: `${at.cloud} is to follow ${primary} again`,
    deadlineMs: DEADLINE_MS,
    expect: (member) => ({ ...member, follows: primary }),
    proved: (now) => now.role === "standby" && now.follows === primary,
    undo: () => null,
    obstacle: ({ role }) =>
      role === "primary" ? `${at.cloud} was promoted after all: no other may become a primary` : null,
  });
}

/** What a member that was lost had is its own, also where it lies beyond the fork; it goes, and nobody was promised it. */
export function rebuild(
  at: Place,
  {
    primary,
    slot,
    deadlineMs,
  }: { readonly primary: Cloud; readonly slot: string; readonly deadlineMs: number },
): Act {
  return databaseAct({
    at,
    act: { act: "rebuild", primary, slot },
    title: `make ${at.cloud} a standby of ${primary} again`,
    deadlineMs,
    expect: (member, facts) => ({
      ...member,
      state: "running",
      role: "standby",
      follows: primary,
      streaming: true,
      stoppedCleanly: false,
      writesBlocked: false,
      synchronousNames: "",
      slots: [],
      timeline: timelineAt(facts, at.database, primary) ?? member.timeline,
    }),
    proved: (now, _before, facts) => streamsFrom(now, primary, timelineAt(facts, at.database, primary)),
    undo: () => null,
  });
}

function timelineAt(facts: Snapshot, database: DatabaseName, cloud: Cloud): number | null {
  return facts.databases[database]?.members[cloud]?.timeline ?? null;
}

/** Never the server's own word for "streaming" alone: a diverged one says that too. The timelines must be one. */
export function streamsFrom(member: DatabaseMemberFacts, primary: Cloud, timeline: number | null): boolean {
  return saysItStreams(member, primary) && member.timeline === timeline;
}

/** By its own word: enough to name it among those that commits wait for, and to leave it as it stands. */
export function saysItStreams({ role, follows, streaming }: DatabaseMemberFacts, primary: Cloud): boolean {
  return role === "standby" && follows === primary && streaming;
}
