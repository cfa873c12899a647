/**
 * The facts that a run decides on. A snapshot is plain data: it is journalled, hashed, shown and overlaid
 * by what planned acts are expected to leave, so that plan, guards and acts all speak of the same thing.
 *
 * Invariants
 * 1. JSON only: LSNs are text in PostgreSQL's own form ("0/3000148"), times are milliseconds since the epoch.
 * 2. What could not be read is said (`unreachable`, `unknown`, null), never left out and never guessed.
 */

export type Cloud = string;
export type ClusterName = string;
export type DatabaseName = string;

export const VERDICTS = ["healthy", "degraded", "down", "unknown"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Shares of traffic in points; integers that sum to 100. */
export type Weights = Readonly<Record<Cloud, number>>;

export type CloudFacts = {
  readonly verdict: Verdict;
  readonly reason: string;
  /** How many vantage points the verdict rests on. */
  readonly observers: number;
  /** Since when it stands, by the clock of who decided. */
  readonly sinceMs: number;
  readonly clusters: Readonly<Record<ClusterName, Verdict>>;
};

export type ClusterFacts = {
  readonly cloud: Cloud;
  /** Pods that are wanted; null when the cluster cannot be reached. */
  readonly replicas: number | null;
  readonly ready: number;
  /** Rises with each accepted change of `replicas`. */
  readonly generation: number;
  /** The generation that the cluster has fully carried out. */
  readonly observedGeneration: number;
};

export type TrafficFacts = {
  readonly weights: Weights;
  /** Compare-and-set version of the policy; rises by one with each change. */
  readonly version: number;
  readonly setBy: string;
};

export type SlotFacts = {
  readonly name: string;
  readonly active: boolean;
  readonly walStatus: string | null;
};

export type DatabaseMemberFacts = {
  /** `stopped` only when the agent says so of a process that it looked at; otherwise `unreachable`. */
  readonly state: "running" | "stopped" | "unreachable";
  /** By `pg_is_in_recovery()`; null unless running. */
  readonly role: "primary" | "standby" | null;
  /** `default_transaction_read_only` of the server. */
  readonly writesBlocked: boolean;
  readonly timeline: number | null;
  /** Primary: flushed WAL. Standby: received WAL. Stopped: the checkpoint in `pg_control`. */
  readonly position: string | null;
  /** Standby: replayed WAL. Primary and stopped: equal to `position`. */
  readonly replayed: string | null;
  /** Stopped by a shutdown checkpoint (`pg_control` state 1), so that nothing beyond `position` exists. */
  readonly stoppedCleanly: boolean;
  /** The cloud whose server it is set to follow; null for none. */
  readonly follows: Cloud | null;
  /** Its WAL receiver is connected, on the timeline of what it follows. */
  readonly streaming: boolean;
  /** Age in ms of the last replayed transaction while behind; 0 when all received is replayed. */
  readonly lagMs: number;
  /** `synchronous_standby_names` as the server has it. */
  readonly synchronousNames: string;
  readonly slots: readonly SlotFacts[];
};

/** Of a member that cannot be asked nothing is known, and every list is empty. */
export const UNREACHABLE_MEMBER: DatabaseMemberFacts = {
  state: "unreachable",
  role: null,
  writesBlocked: false,
  timeline: null,
  position: null,
  replayed: null,
  stoppedCleanly: false,
  follows: null,
  streaming: false,
  lagMs: 0,
  synchronousNames: "",
  slots: [],
};

/**
 * Whose commits may be acknowledged by fewer standbys than the inventory states: on record outside of all members, since it
 * must outlive that server. `cloud: null`: nobody's.
 */
export type Alone = { readonly cloud: Cloud | null };

export type DatabaseFacts = {
  readonly members: Readonly<Record<Cloud, DatabaseMemberFacts>>;
  /** Null: the record cannot be read. */
  readonly alone: Alone | null;
};

/** Rises with each change of a snapshot's shape: who is given one of another version refuses it, and never guesses. */
export const SNAPSHOT_VERSION = 3;

export type Snapshot = {
  readonly takenAtMs: number;
  readonly clouds: Readonly<Record<Cloud, CloudFacts>>;
  readonly clusters: Readonly<Record<ClusterName, ClusterFacts>>;
  readonly traffic: TrafficFacts;
  /** Requests per second. */
  readonly demand: { readonly requestsPerSecond: number; readonly source: "measured" | "inventory" };
  readonly databases: Readonly<Record<DatabaseName, DatabaseFacts>>;
};

/** The parts of a snapshot that can be read afresh by themselves. */
export type Section = "traffic" | "databases";

export function memberOf(facts: Snapshot, database: DatabaseName, cloud: Cloud): DatabaseMemberFacts {
  const member = facts.databases[database]?.members[cloud];
  if (member === undefined)
    throw new RangeError(`no member "${cloud}" of database "${database}" in the snapshot`);
  return member;
}

/** The clouds whose server is out of recovery: one in health, two in a split, none in a pivot. */
export function primariesOf(facts: Snapshot, database: DatabaseName): Cloud[] {
  const members = facts.databases[database]?.members ?? {};
  return Object.keys(members).filter((cloud) => members[cloud]?.role === "primary");
}
