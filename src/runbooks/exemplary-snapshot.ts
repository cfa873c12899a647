/**
 * A world to show a procedure on, made from the inventory alone: everything healthy, the usual pods ready, and each
 * primary where it is asked to be. It is an example on a page, never ground for a decision.
 */
import type { Inventory } from "../domain/inventory/schema.ts";
import {
  type Cloud,
  type ClusterFacts,
  type DatabaseFacts,
  type DatabaseMemberFacts,
  type Snapshot,
  type Weights,
  UNREACHABLE_MEMBER,
} from "../domain/snapshot.ts";

export type Example = {
  /** Null: where the inventory says. */
  readonly primary: Cloud | null;
  /** Null: the inventory's. */
  readonly weights: Weights | null;
  /** A cloud that nobody can reach. */
  readonly lost?: Cloud;
  /** A cloud that came back, whose database stands still on the timeline from before. */
  readonly returned?: Cloud;
};

const POSITION = "0/5000000";
const TIMELINE = 1;

export function exemplarySnapshot(inventory: Inventory, example: Example): Snapshot {
  const whole = wholeSnapshot(inventory, example);
  if (example.lost !== undefined) return withoutCloud(whole, example.lost);
  return example.returned === undefined ? whole : withReturned(whole, example.returned);
}

function wholeSnapshot(inventory: Inventory, { primary, weights }: Example): Snapshot {
  const clusters = Object.entries(inventory.clusters);
  // Half of what the usual pods serve: enough that a move needs more pods, and little enough that one loss is survived.
  const usual = clusters.reduce(
    (sum, [, { replicas, requestsPerSecondPerPod }]) => sum + replicas.usual * requestsPerSecondPerPod,
    0,
  );
  return {
    takenAtMs: 0,
    clouds: Object.fromEntries(
      Object.keys(inventory.clouds).map((cloud) => [
        cloud,
        { verdict: "healthy" as const, reason: "", observers: 3, sinceMs: 0, clusters: {} },
      ]),
    ),
    clusters: Object.fromEntries(
      clusters.map(([name, { cloud, replicas }]) => [
        name,
        { cloud, replicas: replicas.usual, ready: replicas.usual, generation: 1, observedGeneration: 1 },
      ]),
    ),
    traffic: { weights: weights ?? inventory.edge.weights, version: 1, setBy: "inventory" },
    demand: { requestsPerSecond: usual / 2, source: "inventory" },
    databases: Object.fromEntries(
      Object.entries(inventory.databases).map(([name, group]) => [
        name,
        databaseFacts(group, primary ?? group.primary),
      ]),
    ),
  };
}

function databaseFacts(
  { members, synchronous }: Inventory["databases"][string],
  primary: Cloud,
): DatabaseFacts {
  const standbys = Object.entries(members).filter(([cloud]) => cloud !== primary);
  const slots = standbys.map(([, { slot }]) => slot);
  const names = synchronous === 0 ? "" : `ANY ${synchronous} (${slots.join(", ")})`;
  const own: DatabaseMemberFacts = {
    state: "running",
    role: "primary",
    writesBlocked: false,
    timeline: TIMELINE,
    position: POSITION,
    replayed: POSITION,
    stoppedCleanly: false,
    follows: null,
    streaming: false,
    lagMs: 0,
    synchronousNames: names,
    slots: slots.map((name) => ({ name, active: true, walStatus: "reserved" })),
  };
  const standby: DatabaseMemberFacts = {
    ...own,
    role: "standby",
    follows: primary,
    streaming: true,
    synchronousNames: "",
    slots: [],
  };
  return {
    members: Object.fromEntries(
      Object.keys(members).map((cloud) => [cloud, cloud === primary ? own : standby]),
    ),
    alone: { cloud: null },
  };
}

function withoutCloud(facts: Snapshot, lost: Cloud): Snapshot {
  const clusters: Record<string, ClusterFacts> = {};
  for (const [name, cluster] of Object.entries(facts.clusters))
    clusters[name] = cluster.cloud === lost ? { ...cluster, replicas: null, ready: 0 } : cluster;
  const said = { reason: "none of its pods answers", observers: 3, sinceMs: 0, clusters: {} };
  const gone = { verdict: "down" as const, ...said };
  return {
    ...facts,
    clouds: { ...facts.clouds, [lost]: gone },
    clusters,
    databases: withMember(facts, lost, UNREACHABLE_MEMBER),
  };
}

function withReturned(facts: Snapshot, returned: Cloud): Snapshot {
  const stopped = { state: "stopped", role: null, streaming: false, follows: null, slots: [] } as const;
  return { ...facts, databases: withMember(facts, returned, { ...stopped, synchronousNames: "" }) };
}

function withMember(
  facts: Snapshot,
  cloud: Cloud,
  change: Partial<DatabaseMemberFacts>,
): Snapshot["databases"] {
  const groups = Object.entries(facts.databases).map(([name, group]): [string, DatabaseFacts] => {
    const member = group.members[cloud];
    const members =
      member === undefined ? group.members : { ...group.members, [cloud]: { ...member, ...change } };
    return [name, { ...group, members }];
  });
  return Object.fromEntries(groups);
}
