/**
 * A working model of a PostgreSQL group with physical replication: roles, WAL positions and timelines, slots, synchronous
 * commits, promotion, and old primaries that come back. It holds the laws of `ports/databases.ts`, and what PostgreSQL itself
 * would do where somebody does not keep to them.
 */
import type { Cloud, DatabaseMemberFacts } from "../../domain/snapshot.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import { refused, retryable, terminal } from "../../ports/errors.ts";
import { type AloneAtFirst, AloneOnRecord } from "./alone-on-record.ts";
import { isDiverged, lastBranch, positionText } from "./lineage.ts";
import { isFollower, isLeft, isNoMeasure } from "./old-primary.ts";
import { endServer, type ModelMember, quorumOf, steadyState } from "./member.ts";
import type { Range } from "./ranges.ts";
import { Replication } from "./replication.ts";
import { Risen } from "./risen.ts";
import type { Surroundings } from "./surroundings.ts";
import { changeUpstream } from "./upstream.ts";

export type WriteOutcome = "acknowledged" | "read-only" | "failed" | "unknown";

/** Where in which timeline the write stands; null when there was none. */
export type Written = (
  outcome: WriteOutcome,
  at: { readonly timeline: number; readonly position: number } | null,
) => void;

const RECORD_BYTES = 8;
type By = "effect" | "hand" | "itself";

export class ModelDatabases {
  readonly members: Record<Cloud, ModelMember>;
  /** Every time that an effect made a second member writable; must stay empty. */
  readonly splits: string[] = [];
  /** When somebody moved the primary by hand, ms. */
  readonly movedByHandMs: number[] = [];
  readonly risen = new Risen();
  readonly replication: Replication;
  readonly #slotOf: Readonly<Record<Cloud, string>>;
  readonly #around: Surroundings;
  /** Who is in the group never changes. */
  readonly names: readonly Cloud[];
  /** Last acknowledged position of each branch. */
  readonly promised = new Map<string, number>();
  readonly onRecord: AloneOnRecord;
  constructor(
    members: Record<Cloud, ModelMember>,
    slotOf: Readonly<Record<Cloud, string>>,
    around: Surroundings,
    alone: AloneAtFirst,
  ) {
    this.members = members;
    this.names = Object.keys(members);
    this.#slotOf = slotOf;
    this.#around = around;
    this.replication = new Replication(members, slotOf, around);
    this.onRecord = new AloneOnRecord(this.replication, alone);
  }

  observe(cloud: Cloud): DatabaseMemberFacts {
    const member = this.#member(cloud);
    const standby = member.running && !member.primary;
    return {
      state: member.running ? "running" : "stopped",
      role: member.running ? (member.primary ? "primary" : "standby") : null,
      writesBlocked: member.writesBlocked,
      timeline: member.timeline,
      position: positionText(member.position),
      replayed: positionText(standby ? member.replayed : member.position),
      stoppedCleanly: member.stoppedCleanly,
      follows: member.running ? (standby ? member.follows : null) : member.upstream,
      streaming: this.#streams(cloud),
      lagMs: standby ? this.#lagMs(cloud) : 0,
      synchronousNames: member.synchronousNames,
      // Of a stopped server they cannot be asked.
      slots: (member.running ? [...member.slots].sort() : []).map((name) => ({
        name,
        active: this.#isActive(cloud, name),
        walStatus: member.lostSlots.has(name) ? "lost" : "reserved",
      })),
    };
  }

  slotOf(cloud: Cloud): string {
    return this.#slotOf[cloud] ?? "";
  }

  steady(cloud: Cloud): Readonly<Record<string, unknown>> {
    return steadyState(this.#member(cloud));
  }

  /** A client's write at that member. `done` is called once, at once or later. */
  write(cloud: Cloud, done: Written): void {
    const member = this.#member(cloud);
    const around = this.#around;
    if (!member.running || this.#isFrozen(cloud) || around.hasAt("disk-full", "database", cloud))
      return done("failed", null);
    if (!member.primary || member.writesBlocked) return done("read-only", null);
    member.position += RECORD_BYTES;
    member.replayed = member.position;
    const { position, timeline } = member;
    const branch = lastBranch(member).id;
    this.replication.flowFrom(cloud);
    this.replication.wait(cloud, { position, branch }, (outcome) => {
      if (outcome === "acknowledged") {
        this.promised.set(branch, Math.max(this.promised.get(branch) ?? 0, position));
        around.emit({ kind: "commit", cloud, timeline, branch, position });
      }
      done(outcome, { timeline, position });
    });
  }

  /** A client's transaction that has written and is still open. Answers what ends it. */
  openTransaction(cloud: Cloud): () => void {
    const member = this.#member(cloud);
    member.openTransactions += 1;
    return () => {
      member.openTransactions = Math.max(0, member.openTransactions - 1);
    };
  }

  /** Where pods write: the one that is open for writes on the highest timeline that anybody is out of recovery on. */
  primary(): Cloud | null {
    let best: Cloud | null = null;
    let highest = Number.NEGATIVE_INFINITY;
    for (const cloud of this.names) {
      const { running, primary, timeline } = this.#member(cloud);
      if (!running || !primary || timeline <= highest || this.#isFrozen(cloud)) continue;
      best = cloud;
      highest = timeline;
    }
    return best;
  }

  /** Where pods of `cloud` read: their own, the primary, the others; none on a timeline below the highest one there is. */
  readableFrom(cloud: Cloud): Cloud | null {
    const primary = this.primary();
    const least = primary === null ? 0 : this.#member(primary).timeline;
    if (this.#isReadable(cloud, least)) return cloud;
    if (primary !== null && this.#isReadable(primary, least)) return primary;
    return this.names.find((name) => this.#isReadable(name, least)) ?? null;
  }

  /** Whether a reader there is shown rows that nobody was promised, or that were taken back. */
  isDivergedFromPrimary(cloud: Cloud): boolean {
    const primary = this.primary();
    if (primary === null || primary === cloud || isNoMeasure(this.members, primary)) return false;
    return isDiverged(this.#member(cloud), this.#member(primary));
  }

  /** Bytes from where that branch began to `position`. */
  writtenOn(branch: string, position: number): number {
    for (const { lineage } of Object.values(this.members)) {
      const from = lineage.find(({ id }) => id === branch)?.from;
      if (from !== undefined) return Math.max(0, position - from);
    }
    return position;
  }

  /** How long it takes until that act stands. */
  takes(cloud: Cloud, act: DatabaseAct): Range {
    const { ranges } = this.#around;
    switch (act.act) {
      case "promote":
        return ranges.promoteMs;
      case "stop-cleanly":
        return ranges.stopMs;
      case "start-as-primary":
        return ranges.startMs;
      case "follow":
        return this.#member(cloud).running ? ranges.followMs : ranges.startMs;
      case "rebuild":
        return ranges.rebuildMs;
      case "block-writes":
      case "unblock-writes":
      case "create-slot":
      case "drop-slot":
      case "set-synchronous":
      case "detach":
      case "attach":
        return ranges.settingMs;
    }
  }

  /** Whether clients' open transactions and commits hold that act up. */
  isHeldUp(cloud: Cloud, act: DatabaseAct): boolean {
    if (act.act !== "block-writes") return false;
    const { running, openTransactions, waiting } = this.#member(cloud);
    return running && openTransactions + waiting.length > 0;
  }

  /** Answers whether the aim stood already. `askedAtMs`: it may have waited since at a server that stood still. */
  apply(
    cloud: Cloud,
    act: DatabaseAct,
    by: By = "effect",
    askedAtMs = this.#around.kernel.nowMs,
  ): "done" | "found" {
    const member = this.#member(cloud);
    const before = JSON.stringify([steadyState(member), this.#streams(cloud)]);
    const wasWritable = this.#isWritable(cloud);
    this.#change(cloud, act);
    if (!wasWritable && this.#isWritable(cloud)) this.#nowWritable(cloud, act.act, by, askedAtMs);
    return JSON.stringify([steadyState(member), this.#streams(cloud)]) === before ? "found" : "done";
  }

  #nowWritable(cloud: Cloud, why: string, by: By, askedAtMs: number): void {
    const all = Object.keys(this.members).filter((name) => this.#isWritable(name));
    const writable = all.filter(
      (name) => name === cloud || this.#isReached(name) || !isLeft(this.members, name),
    );
    this.#member(cloud).notByUs = by !== "effect" && writable.length > 1;
    if (by === "effect") {
      // Whoever came back, and was not seen before this was asked for, is one more thing that nobody did by this effect.
      for (const name of writable.filter((one) => one !== cloud))
        if (this.risen.isUnknownTo(name, askedAtMs)) this.#member(name).notByUs = true;
    } else this.risen.rose(cloud);
    if (writable.length > 1 && writable.every((name) => !this.#member(name).notByUs))
      this.splits.push(`${writable.join(" and ")} after ${why} at ${cloud}`);
    if (by === "hand") this.movedByHandMs.push(this.#around.kernel.nowMs);
    this.#around.emit({ kind: "writable", cloud, by });
  }

  #change(cloud: Cloud, act: DatabaseAct): void {
    const member = this.#member(cloud);
    switch (act.act) {
      case "block-writes":
      case "unblock-writes":
        member.writesBlocked = act.act === "block-writes";
        return;
      case "stop-cleanly":
        if (member.running) this.#stop(cloud);
        return;
      case "start-as-primary":
        return this.#startAsPrimary(member);
      case "promote":
        return this.#promote(cloud);
      case "follow":
      case "detach":
      case "attach":
      case "rebuild":
        return changeUpstream(this.replication, cloud, act);
      case "create-slot":
      case "drop-slot":
      case "set-synchronous":
        return this.#changeSetting(cloud, act);
    }
  }

  #changeSetting(
    cloud: Cloud,
    act: Extract<DatabaseAct, { act: "create-slot" | "drop-slot" | "set-synchronous" }>,
  ): void {
    const member = this.#member(cloud);
    switch (act.act) {
      case "create-slot":
        member.slots.add(act.slot);
        this.replication.flowFrom(cloud);
        return;
      case "drop-slot":
        if (this.#isActive(cloud, act.slot)) throw refused(`the slot ${act.slot} is active`);
        member.slots.delete(act.slot);
        member.lostSlots.delete(act.slot);
        return;
      case "set-synchronous":
        if (quorumOf(act.names) === null) throw terminal(`PostgreSQL cannot use the names ${act.names}`);
        member.synchronousNames = act.names;
        this.onRecord.named(cloud, act.names);
        this.replication.settle(cloud);
        return;
    }
  }

  /** Every connected standby gets all, and the shutdown checkpoint after it. */
  #stop(cloud: Cloud): void {
    const member = this.#member(cloud);
    for (const [name, other] of Object.entries(this.members)) {
      if (other.follows !== cloud || !this.#streams(name)) continue;
      other.position = Math.max(other.position, member.position + RECORD_BYTES);
      other.replayed = other.position;
      other.lineage = member.lineage;
      other.timeline = member.timeline;
    }
    this.replication.settle(cloud);
    endServer(member);
    member.stoppedCleanly = true;
    for (const name of Object.keys(this.members)) this.replication.flowFrom(name);
  }

  #startAsPrimary(member: ModelMember): void {
    if (!member.primary) throw refused("it was not the primary");
    if (member.running) return;
    if (!member.stoppedCleanly) throw refused("it was not stopped cleanly");
    member.running = true;
    member.stoppedCleanly = false;
    member.position += RECORD_BYTES;
    this.replication.flowEverywhere();
  }

  #promote(cloud: Cloud): void {
    const member = this.#member(cloud);
    if (!member.running) throw refused("no running standby");
    if (member.primary) return;
    if (this.#around.has("promotion-fails", `database/${cloud}`))
      throw retryable("the server did not leave recovery in time");
    const timeline = member.timeline + 1;
    const id = `${timeline}@${cloud}#${this.#around.events}`;
    member.lineage = [...member.lineage, { id, timeline, from: member.position }];
    member.position += RECORD_BYTES;
    Object.assign(member, { primary: true, follows: null, timeline, replayed: member.position });
    this.replication.flowEverywhere();
  }

  /** The machine's end, not the operator's: no checkpoint, and what waits is never acknowledged. */
  crash(cloud: Cloud): void {
    const member = this.#member(cloud);
    if (member.running) endServer(member);
  }

  /**
   * A crashed server starts again. A standby goes on as one. A former primary goes on as one only while as many standbys as
   * its commits wait for say that they follow it still, and nobody else is one: its agent asks them, and asks again. With
   * `open` that fence is lost, and somebody starts even one that was stopped cleanly.
   */
  restart(cloud: Cloud, open = false): void {
    const member = this.#member(cloud);
    if (member.running || (member.stoppedCleanly && !open)) return;
    if (member.primary && !open && !this.#mayBePrimary(cloud)) return;
    member.running = true;
    if (member.primary) this.#nowWritable(cloud, "its return", "itself", this.#around.kernel.nowMs);
    this.replication.flowEverywhere();
  }

  #mayBePrimary(cloud: Cloud): boolean {
    const others = Object.keys(this.members).filter((name) => name !== cloud && this.#answers(name));
    const following = others.filter((name) => isFollower(this.#member(name), cloud));
    const count = quorumOf(this.#member(cloud).synchronousNames)?.count ?? 0;
    return following.length >= Math.max(1, count) && !others.some((name) => this.#isWritable(name));
  }

  /** It can be asked to stop. */
  #isReached(cloud: Cloud): boolean {
    return this.#answers(cloud) && !this.#around.has("control-down", `cloud/${cloud}`);
  }

  /** Its agent can be asked, and its server too. */
  #answers(cloud: Cloud): boolean {
    const around = this.#around;
    const cut = [`cloud/${cloud}`, `agent/${cloud}`, `database/${cloud}`];
    return !cut.some((actor) => around.has("killed", actor) || around.has("frozen", actor));
  }

  loseSlots(cloud: Cloud): void {
    const member = this.#member(cloud);
    for (const slot of member.slots) member.lostSlots.add(slot);
  }

  findSlots(cloud: Cloud): void {
    this.#member(cloud).lostSlots.clear();
    this.replication.flowFrom(cloud);
  }

  /** A fault that held that member or its links up is over, or another has begun. */
  wake(cloud: Cloud): void {
    this.replication.resume(cloud);
  }

  #lagMs(cloud: Cloud): number {
    const { replayed, position, behindSinceMs } = this.#member(cloud);
    const around = this.#around;
    const behind = replayed < position && behindSinceMs !== null;
    return (behind ? around.kernel.nowMs - behindSinceMs : 0) + around.skewMs(`agent/${cloud}`);
  }

  #isFrozen(cloud: Cloud): boolean {
    return this.#around.hasAt("frozen", "database", cloud);
  }

  #isReadable(cloud: Cloud, timeline: number): boolean {
    const { running, timeline: own } = this.#member(cloud);
    return running && own >= timeline && !this.#isFrozen(cloud);
  }

  #isWritable(cloud: Cloud): boolean {
    return this.#member(cloud).running && this.#member(cloud).primary;
  }

  #isActive(cloud: Cloud, slot: string): boolean {
    const user = Object.keys(this.#slotOf).find((name) => this.#slotOf[name] === slot);
    return user !== undefined && this.members[user]?.follows === cloud && this.#streams(user);
  }

  #streams(cloud: Cloud): boolean {
    return this.replication.streams(cloud);
  }

  #member(cloud: Cloud): ModelMember {
    return this.replication.member(cloud);
  }
}
