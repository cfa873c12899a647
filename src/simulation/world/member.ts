/** One PostgreSQL server of the model's group, and what can be told of it without its neighbours. */
import type { Cloud } from "../../domain/snapshot.ts";
import type { Branch, Wal } from "./lineage.ts";

/** A commit that waits until enough standbys have it. */
export type Waiting = {
  readonly position: number;
  readonly branch: string;
  readonly done: (outcome: "acknowledged" | "unknown") => void;
};

export type ModelMember = {
  running: boolean;
  primary: boolean;
  writesBlocked: boolean;
  timeline: number;
  /** Flushed: written here, or received. */
  position: number;
  replayed: number;
  lineage: readonly Branch[];
  follows: Cloud | null;
  /** Whom its settings name (`primary_conninfo`): a promotion leaves them as they are. */
  upstream: Cloud | null;
  synchronousNames: string;
  slots: Set<string>;
  /** Of `slots`, those whose WAL is gone. */
  lostSlots: Set<string>;
  stoppedCleanly: boolean;
  /** Of clients' transactions that have written and are still open. */
  openTransactions: number;
  /** It became writable by a person's hand, or by itself: nothing that the product could have kept from happening. */
  notByUs: boolean;
  waiting: Waiting[];
  /** WAL is on its way to it; it is replaying. */
  receiving: boolean;
  replaying: boolean;
  behindSinceMs: number | null;
};

export function newMember(of: {
  readonly primary: Cloud | null;
  readonly synchronousNames: string;
  readonly slots: readonly string[];
  readonly wal: Wal;
}): ModelMember {
  return {
    running: true,
    primary: of.primary === null,
    writesBlocked: false,
    timeline: of.wal.lineage.at(-1)?.timeline ?? 1,
    position: of.wal.position,
    replayed: of.wal.position,
    lineage: of.wal.lineage,
    follows: of.primary,
    upstream: of.primary,
    synchronousNames: of.synchronousNames,
    slots: new Set(of.slots),
    lostSlots: new Set(),
    stoppedCleanly: false,
    openTransactions: 0,
    notByUs: false,
    waiting: [],
    receiving: false,
    replaying: false,
    behindSinceMs: null,
  };
}

/** No checkpoint; what waits is never acknowledged. */
export function endServer(member: ModelMember): void {
  Object.assign(member, { running: false, stoppedCleanly: false, openTransactions: 0 });
  for (const commit of member.waiting.splice(0)) commit.done("unknown");
}

/** Its state without what is measured: what an act changes and its undo brings back. */
export function steadyState(member: ModelMember): Readonly<Record<string, unknown>> {
  const { running, primary, writesBlocked, timeline, follows, synchronousNames, slots, stoppedCleanly } =
    member;
  return {
    running,
    primary,
    writesBlocked,
    timeline,
    follows,
    synchronousNames,
    slots: [...slots].sort(),
    stoppedCleanly,
  };
}

const quorums = new Map<string, { readonly count: number; readonly slots: readonly string[] } | null>();

/** Of `ANY 1 (standby_azure, standby_gcp)`; null for names that PostgreSQL cannot use. Empty: nobody is waited for. */
export function quorumOf(
  names: string,
): { readonly count: number; readonly slots: readonly string[] } | null {
  const known = quorums.get(names);
  if (known !== undefined) return known;
  const [, count, list] = /^ANY (\d+) \(([a-z0-9_, ]+)\)$/.exec(names) ?? [];
  const read =
    names === ""
      ? { count: 0, slots: [] }
      : count === undefined || list === undefined
        ? null
        : { count: Number(count), slots: list.split(",").map((slot) => slot.trim()) };
  quorums.set(names, read);
  return read;
}
