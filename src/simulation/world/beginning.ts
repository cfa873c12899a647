/** How a world begins: as the inventory wants it, or as a snapshot of a live one shows it. */
import type { DatabaseGroup, Inventory } from "../../domain/inventory/schema.ts";
import type {
  Alone,
  Cloud,
  CloudFacts,
  ClusterFacts,
  DatabaseMemberFacts,
  Snapshot,
} from "../../domain/snapshot.ts";
import { parseLsn } from "../../domain/units.ts";
import type { TrafficPolicy } from "../../ports/edge.ts";
import type { Branch } from "./lineage.ts";
import { type ModelMember, newMember } from "./member.ts";

const FIRST_POSITION = 1000;
const REQUESTS_PER_SECOND = 200;
/** Two in the other clouds, and the edge. */
const OBSERVERS = 3;

export type Beginning = {
  readonly clouds: Record<Cloud, CloudFacts>;
  readonly clusters: Record<string, ClusterFacts>;
  readonly policy: TrafficPolicy;
  readonly members: Record<Cloud, ModelMember>;
  /** Who is on record as acknowledging alone; null: the record cannot be read, which is not nobody. */
  readonly alone: Alone | null;
  readonly requestsPerSecond: number;
};

export function groupOf(inventory: Inventory): { readonly name: string; readonly group: DatabaseGroup } {
  const [first] = Object.entries(inventory.databases);
  if (first === undefined) throw new Error("the inventory has no database");
  return { name: first[0], group: first[1] };
}

export function fromInventory(inventory: Inventory): Beginning {
  const clouds: Record<Cloud, CloudFacts> = {};
  for (const cloud of Object.keys(inventory.clouds)) {
    const own = Object.entries(inventory.clusters).filter(([, of]) => of.cloud === cloud);
    const verdicts = own.map(([name]) => [name, "healthy"] as const);
    const clusters: CloudFacts["clusters"] = Object.fromEntries(verdicts);
    clouds[cloud] = { verdict: "healthy", reason: "answers", observers: OBSERVERS, sinceMs: 0, clusters };
  }
  const clusters: Record<string, ClusterFacts> = {};
  for (const [name, { cloud, replicas }] of Object.entries(inventory.clusters)) {
    const { usual } = replicas;
    clusters[name] = { cloud, replicas: usual, ready: usual, generation: 1, observedGeneration: 1 };
  }
  return {
    clouds,
    clusters,
    policy: {
      weights: inventory.edge.weights,
      version: 1,
      epoch: 0,
      setBy: "inventory",
      why: "",
      setAtMs: 0,
    },
    members: newGroup(groupOf(inventory).group),
    alone: { cloud: null },
    requestsPerSecond: REQUESTS_PER_SECOND,
  };
}

export function fromSnapshot(inventory: Inventory, snapshot: Snapshot): Beginning {
  const { name } = groupOf(inventory);
  const found = snapshot.databases[name]?.members ?? {};
  const { weights, version, setBy } = snapshot.traffic;
  const members: Record<Cloud, ModelMember> = {};
  for (const [cloud, facts] of Object.entries(found)) members[cloud] = memberFrom(facts, found);
  return {
    clouds: { ...snapshot.clouds },
    clusters: { ...snapshot.clusters },
    policy: { weights, version, epoch: 0, setBy, why: "", setAtMs: snapshot.takenAtMs },
    members,
    alone: snapshot.databases[name]?.alone ?? null,
    requestsPerSecond: snapshot.demand.requestsPerSecond,
  };
}

function newGroup(group: DatabaseGroup): Record<Cloud, ModelMember> {
  const { primary, synchronous } = group;
  const standbys = Object.keys(group.members).filter((cloud) => cloud !== primary);
  const slots = standbys.flatMap((cloud) => group.members[cloud]?.slot ?? []);
  const lineage = [{ id: "1", timeline: 1, from: 0 }];
  const members: Record<Cloud, ModelMember> = {};
  for (const cloud of Object.keys(group.members)) {
    const leads = cloud === primary;
    members[cloud] = newMember({
      primary: leads ? null : primary,
      synchronousNames: leads && synchronous > 0 ? `ANY ${synchronous} (${slots.join(", ")})` : "",
      slots: leads ? slots : [],
      wal: { lineage, position: FIRST_POSITION },
    });
  }
  return members;
}

function memberFrom(
  facts: DatabaseMemberFacts,
  group: Readonly<Record<Cloud, DatabaseMemberFacts>>,
): ModelMember {
  const { state, role, timeline, follows, stoppedCleanly } = facts;
  const lineage = lineageTo(timeline ?? 1, group);
  const member = newMember({
    primary: role === "primary" || (state === "stopped" && follows === null) ? null : follows,
    synchronousNames: facts.synchronousNames,
    slots: facts.slots.map((slot) => slot.name),
    wal: { lineage, position: positionOf(facts.position) },
  });
  for (const slot of facts.slots) if (slot.walStatus === "lost") member.lostSlots.add(slot.name);
  return Object.assign(member, {
    running: state === "running",
    primary: role === "primary" || (role === null && stoppedCleanly),
    writesBlocked: facts.writesBlocked,
    replayed: positionOf(facts.replayed ?? facts.position),
    stoppedCleanly,
  });
}

/** A snapshot does not say where timelines forked: at the furthest that anybody on the one before it has, by all that is known. */
function lineageTo(timeline: number, group: Readonly<Record<Cloud, DatabaseMemberFacts>>): Branch[] {
  const lineage: Branch[] = [];
  for (let number = 1; number <= timeline; number += 1) {
    const before = Object.values(group).filter((member) => member.timeline === number - 1);
    const from = Math.max(0, ...before.map(({ position }) => positionOf(position)));
    lineage.push({ id: String(number), timeline: number, from });
  }
  return lineage;
}

function positionOf(text: string | null): number {
  return text === null ? 0 : Number(parseLsn(text));
}
