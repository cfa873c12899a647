/** A small working model of a PostgreSQL group: enough of roles, timelines and positions to hold the port's laws. */
import type { Cloud, DatabaseFacts, DatabaseMemberFacts } from "../../domain/snapshot.ts";
import { formatLsn, lsn } from "../../domain/units.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import { refused } from "../../ports/errors.ts";

export type ModelMember = {
  running: boolean;
  primary: boolean;
  writesBlocked: boolean;
  timeline: number;
  position: number;
  follows: Cloud | null;
  synchronousNames: string;
  slots: Set<string>;
  stoppedCleanly: boolean;
};

export class ModelDatabases {
  readonly members: Record<Cloud, ModelMember> = {};
  /** Every time that two members were writable at once; must stay empty. */
  readonly splits: string[] = [];

  constructor(slots: Readonly<Record<Cloud, string>>, primary: Cloud) {
    const standbys = Object.keys(slots).filter((cloud) => cloud !== primary);
    for (const cloud of Object.keys(slots)) {
      const isPrimary = cloud === primary;
      this.members[cloud] = {
        running: true,
        primary: isPrimary,
        writesBlocked: false,
        timeline: 1,
        position: 1000,
        follows: isPrimary ? null : primary,
        synchronousNames: isPrimary ? `ANY 1 (${standbys.map((standby) => slots[standby]).join(", ")})` : "",
        slots: new Set(isPrimary ? standbys.flatMap((standby) => slots[standby] ?? []) : []),
        stoppedCleanly: false,
      };
    }
  }

  facts(): DatabaseFacts {
    return {
      members: Object.fromEntries(Object.keys(this.members).map((cloud) => [cloud, this.observe(cloud)])),
    };
  }

  observe(cloud: Cloud): DatabaseMemberFacts {
    const member = this.#member(cloud);
    const at = formatLsn(lsn(BigInt(member.position)));
    return {
      state: member.running ? "running" : "stopped",
      role: member.running ? (member.primary ? "primary" : "standby") : null,
      writesBlocked: member.writesBlocked,
      timeline: member.timeline,
      position: at,
      replayed: at,
      stoppedCleanly: member.stoppedCleanly,
      follows: member.running && !member.primary ? member.follows : null,
      streaming: this.#streams(member),
      lagMs: 0,
      synchronousNames: member.synchronousNames,
      slots: [...member.slots].map((name) => ({ name, active: false, walStatus: "reserved" })),
    };
  }

  /** A commit tried at every member; answers what was acknowledged. With synchronous names one standby at least has to have it. */
  commitEverywhere(): { readonly cloud: Cloud; readonly timeline: number; readonly position: number }[] {
    const acknowledged: { cloud: Cloud; timeline: number; position: number }[] = [];
    for (const [cloud, member] of Object.entries(this.members)) {
      if (!this.#isWritable(cloud) || member.writesBlocked) continue;
      const standbys = Object.values(this.members).filter(
        (other) => other.follows === cloud && this.#streams(other),
      );
      if (member.synchronousNames !== "" && standbys.length === 0) continue;
      member.position += 8;
      for (const standby of standbys) this.#carry(standby, member.position);
      acknowledged.push({ cloud, timeline: member.timeline, position: member.position });
    }
    return acknowledged;
  }

  /** Answers whether the aim stood already. */
  apply(cloud: Cloud, act: DatabaseAct): "done" | "found" {
    const before = JSON.stringify(this.observe(cloud));
    this.#change(this.#member(cloud), act);
    const writable = Object.keys(this.members).filter((name) => this.#isWritable(name));
    if (writable.length > 1) this.splits.push(`${writable.join(" and ")} after ${act.act} at ${cloud}`);
    return JSON.stringify(this.observe(cloud)) === before ? "found" : "done";
  }

  #change(member: ModelMember, act: DatabaseAct): void {
    switch (act.act) {
      case "block-writes":
      case "unblock-writes":
        member.writesBlocked = act.act === "block-writes";
        return;
      case "stop-cleanly":
        return this.#stop(member);
      case "start-as-primary":
        if (!member.primary) throw refused("it was not the primary");
        Object.assign(member, { running: true, stoppedCleanly: false });
        return;
      case "promote":
        return promote(member);
      case "follow":
        return this.#follow(member, act.primary);
      case "create-slot":
        member.slots.add(act.slot);
        return;
      case "drop-slot":
        member.slots.delete(act.slot);
        return;
      case "set-synchronous":
        member.synchronousNames = act.names;
        return;
    }
  }

  #stop(member: ModelMember): void {
    for (const other of Object.values(this.members)) {
      if (this.#streams(other)) other.position = Math.max(other.position, member.position);
    }
    Object.assign(member, { running: false, stoppedCleanly: true });
  }

  #follow(member: ModelMember, primary: Cloud): void {
    if (member.running && member.primary) throw refused("it is out of recovery");
    const { timeline } = this.#member(primary);
    Object.assign(member, {
      running: true,
      primary: false,
      follows: primary,
      timeline,
      writesBlocked: false,
      stoppedCleanly: false,
    });
  }

  /** What a standby receives, its own standbys receive too. */
  #carry(standby: ModelMember, position: number): void {
    standby.position = Math.max(standby.position, position);
    for (const other of Object.values(this.members)) {
      const cascades = other !== standby && other.follows !== null && this.members[other.follows] === standby;
      if (cascades && this.#streams(other)) other.position = Math.max(other.position, position);
    }
  }

  #isWritable(cloud: Cloud): boolean {
    const member = this.#member(cloud);
    return member.running && member.primary;
  }

  /** A promoted source carries its standbys to its new timeline, as PostgreSQL's cascades do. */
  #streams(member: ModelMember): boolean {
    if (!member.running || member.primary || member.follows === null) return false;
    const source = this.#member(member.follows);
    if (!source.running) return false;
    member.timeline = Math.max(member.timeline, source.timeline);
    return true;
  }

  #member(cloud: Cloud): ModelMember {
    const member = this.members[cloud];
    if (member === undefined) throw new RangeError(`no member in ${cloud}`);
    return member;
  }
}

function promote(member: ModelMember): void {
  if (member.primary) return;
  if (!member.running) throw refused("no running standby");
  Object.assign(member, { primary: true, follows: null, timeline: member.timeline + 1 });
}
