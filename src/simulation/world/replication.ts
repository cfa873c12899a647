/**
 * How WAL flows between the servers of the group, and when a commit may be acknowledged.
 *
 * 1. A standby has what its source had flushed when it was sent, never more, and in order. It streams only through a slot
 *    that its source still has, and never when it holds WAL that its source never wrote.
 * 2. A commit is acknowledged once as many of the named standbys as the names ask for have flushed it; a standby of a
 *    standby does not count (PostgreSQL documentation, "Synchronous Replication").
 * 3. Replay comes behind receipt.
 */
import type { Cloud } from "../../domain/snapshot.ts";
import { isDiverged, lastBranch, type Wal } from "./lineage.ts";
import { type ModelMember, quorumOf, type Waiting } from "./member.ts";
import type { Surroundings } from "./surroundings.ts";

const GIVES_UP_AFTER_MS = 5_000;

export class Replication {
  readonly #members: Readonly<Record<Cloud, ModelMember>>;
  readonly #slotOf: Readonly<Record<Cloud, string>>;
  readonly #around: Surroundings;
  readonly #names: readonly Cloud[];

  constructor(
    members: Readonly<Record<Cloud, ModelMember>>,
    slotOf: Readonly<Record<Cloud, string>>,
    around: Surroundings,
  ) {
    this.#members = members;
    this.#slotOf = slotOf;
    this.#around = around;
    this.#names = Object.keys(members);
  }

  /** Its WAL receiver is connected to a source that runs. */
  streams(cloud: Cloud): boolean {
    const member = this.member(cloud);
    if (!this.#isUp(cloud) || member.primary || member.follows === null) return false;
    const { follows } = member;
    const source = this.member(follows);
    const slot = this.#slotOf[cloud] ?? "";
    if (!this.#isUp(follows) || !source.slots.has(slot) || source.lostSlots.has(slot)) return false;
    const around = this.#around;
    if (around.hasAt("standby-lost", "database", cloud)) return false;
    if (around.anyFault && around.has("replication-cut", `link/${follows}->${cloud}`)) return false;
    return !isDiverged(member, source);
  }

  /** Lets everybody who is behind catch up. */
  flowEverywhere(): void {
    for (const cloud of this.#names) this.flowTo(cloud);
    for (const cloud of this.#names) this.settle(cloud);
  }

  /** From that server to those that follow it. */
  flowFrom(source: Cloud): void {
    for (const cloud of this.#names) if (this.member(cloud).follows === source) this.flowTo(cloud);
  }

  flowTo(cloud: Cloud): void {
    const member = this.member(cloud);
    if (member.receiving || !this.streams(cloud) || member.follows === null) return;
    const { follows } = member;
    const { position, lineage } = this.member(follows);
    const sent: Wal = { position, lineage };
    if (sent.position <= member.position && sent.lineage === member.lineage) return;
    const around = this.#around;
    if (around.hasAt("disk-full", "database", cloud)) return;
    const slow = around.hasAt("slow-link", "link", `${follows}->${cloud}`);
    const ms = around.draw(around.ranges.replicationMs) + (slow ? around.draw(SLOW_LINK_MS) : 0);
    member.receiving = true;
    member.behindSinceMs ??= around.kernel.nowMs;
    const { lineage: before } = member;
    around.after(ms, () => {
      member.receiving = false;
      if (member.follows !== follows || !this.streams(cloud)) return;
      // Promoted and made a standby again meanwhile: what was on its way on the old connection is lost with it.
      if (member.lineage === before) this.#arrive(cloud, sent);
      else this.flowTo(cloud);
    });
  }

  #arrive(cloud: Cloud, sent: Wal): void {
    const member = this.member(cloud);
    member.position = Math.max(member.position, sent.position);
    member.lineage = sent.lineage;
    member.timeline = lastBranch(sent).timeline;
    this.#replay(cloud);
    this.flowFrom(cloud);
    if (member.follows !== null) this.settle(member.follows);
    this.flowTo(cloud);
  }

  #replay(cloud: Cloud): void {
    const member = this.member(cloud);
    const around = this.#around;
    if (member.replaying || member.replayed >= member.position || this.#isStalled(cloud)) return;
    member.replaying = true;
    const upTo = member.position;
    const lags = around.hasAt("lag", "database", cloud);
    const lag = lags ? around.draw(around.ranges.delayedCallMs) : 0;
    around.after(around.draw(around.ranges.replayMs) + lag, () => {
      member.replaying = false;
      if (!this.#isUp(cloud) || this.#isStalled(cloud)) return;
      member.replayed = Math.max(member.replayed, Math.min(upTo, member.position));
      if (member.replayed < member.position) this.#replay(cloud);
      else member.behindSinceMs = null;
    });
  }

  #isStalled(cloud: Cloud): boolean {
    return this.#around.hasAt("replay-stalled", "database", cloud);
  }

  /** Goes on with what a fault held up. */
  resume(cloud: Cloud): void {
    this.#replay(cloud);
    this.flowTo(cloud);
    this.flowFrom(cloud);
    this.settle(cloud);
  }

  /** Acknowledges what enough standbys have by now. */
  settle(cloud: Cloud): void {
    const member = this.member(cloud);
    if (member.waiting.length === 0 || !this.#isUp(cloud)) return;
    const safe = this.safePosition(cloud);
    let acknowledged = 0;
    for (const { position } of member.waiting) {
      if (position > safe) break;
      acknowledged += 1;
    }
    for (const commit of member.waiting.splice(0, acknowledged)) commit.done("acknowledged");
  }

  /** Up to here enough standbys have it. */
  safePosition(cloud: Cloud): number {
    const { synchronousNames, position } = this.member(cloud);
    const quorum = quorumOf(synchronousNames);
    if (quorum === null || quorum.count === 0) return position;
    const flushed: number[] = [];
    for (const name of this.#names) {
      const standby = this.member(name);
      if (standby.follows !== cloud || !quorum.slots.includes(this.#slotOf[name] ?? "")) continue;
      if (!this.streams(name)) continue;
      flushed.push(standby.position);
    }
    // It has to be with as many: the smallest of all of them, where there are just so many.
    if (flushed.length === quorum.count) return Math.min(...flushed);
    flushed.sort((left, right) => right - left);
    return flushed[quorum.count - 1] ?? -1;
  }

  /** `done` is called once: as soon as the commit is acknowledged, or when the client has given up. */
  wait(cloud: Cloud, commit: Omit<Waiting, "done">, done: Waiting["done"]): void {
    if (commit.position <= this.safePosition(cloud)) {
      done("acknowledged");
      return;
    }
    const member = this.member(cloud);
    const waiting: Waiting = { ...commit, done };
    member.waiting.push(waiting);
    this.#around.after(GIVES_UP_AFTER_MS, () => {
      const at = member.waiting.indexOf(waiting);
      if (at < 0) return;
      member.waiting.splice(at, 1);
      done("unknown");
    });
  }

  /** It runs and can do something. */
  #isUp(cloud: Cloud): boolean {
    return this.member(cloud).running && !this.#around.hasAt("frozen", "database", cloud);
  }

  member(cloud: Cloud): ModelMember {
    const member = this.#members[cloud];
    if (member === undefined) throw new RangeError(`no member in ${cloud}`);
    return member;
  }
}

const SLOW_LINK_MS = [500, 3_000] as const;
