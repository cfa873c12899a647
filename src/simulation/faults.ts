/**
 * What can go wrong in a simulated world: a fault is a kind of trouble at an actor, with a beginning and an end.
 *
 * 1. The catalogue is made from the inventory alone, so that coverage over it means the same in every night.
 * 2. Every fault of it can be injected and healed at any time, together with any others; twice is once.
 * 3. What a fault breaks the product has to live with. What it may not do is break a rule that no product could keep then.
 *
 * Kills of the orchestrator's workers are the journal's (`journal.ts`), words of people the simulator's.
 */
import type { Inventory } from "../domain/inventory/schema.ts";

export type FaultGroup =
  | "api"
  | "planes"
  | "network"
  | "process"
  | "time"
  | "database"
  | "load"
  | "evidence"
  | "people";

/** `actor`: `edge`, `cluster/azure-west`, `database/gcp`, `agent/aws`, `cloud/aws`, `link/aws->gcp`, `client`, `operator`, `resolver`, `observer`. */
export type Fault = { readonly group: FaultGroup; readonly kind: string; readonly actor: string };

type ActorKind =
  | "edge"
  | "cluster"
  | "database"
  | "agent"
  | "cloud"
  | "link"
  | "client"
  | "operator"
  | "resolver"
  | "observer";

/** Which kinds of trouble each kind of actor can have. */
const KINDS: Readonly<Record<FaultGroup, Readonly<Record<string, readonly ActorKind[]>>>> = {
  api: {
    throttle: ["edge", "cluster", "database", "observer"],
    "server-error": ["edge", "cluster", "database", "observer"],
    "lost-request": ["edge", "cluster", "database", "observer"],
    "lost-reply": ["edge", "cluster", "database", "observer"],
    "fails-late": ["edge", "cluster"],
    delay: ["edge", "cluster", "database", "observer"],
    duplicate: ["edge", "cluster", "database"],
    "stale-read": ["edge", "cluster", "database", "observer"],
    "torn-list": ["cloud"],
  },
  planes: {
    "control-down": ["edge", "cloud"],
    "data-down": ["cloud"],
    "writes-refused": ["edge", "cloud"],
    "capacity-in-part": ["cloud"],
    "capacity-late": ["cloud"],
  },
  network: {
    "replication-cut": ["link"],
    "slow-link": ["link"],
    "edge-cut": ["cloud"],
    "ignored-ttl": ["resolver"],
  },
  process: {
    "pod-killed": ["cluster"],
    killed: ["cluster", "database", "agent", "cloud"],
    frozen: ["cluster", "database", "agent"],
    "disk-full": ["database"],
  },
  time: { skew: ["agent", "edge"], jump: ["agent", "edge"] },
  database: {
    lag: ["database"],
    "replay-stalled": ["database"],
    "slot-lost": ["database"],
    "promotion-fails": ["database"],
    "old-primary-returns": ["database"],
    "standby-lost": ["database"],
  },
  load: { surge: ["client"], "retry-storm": ["client"], "slow-backend": ["cluster"] },
  evidence: {
    "lies-healthy": ["cloud"],
    "lies-down": ["cloud"],
    "lies-degraded": ["cloud"],
    oscillates: ["cloud"],
    unseen: ["cloud"],
  },
  people: { "changes-weights": ["operator"], scales: ["operator"], promotes: ["operator"] },
};

const GROUPS: readonly FaultGroup[] = [
  "api",
  "planes",
  "network",
  "process",
  "time",
  "database",
  "load",
  "evidence",
  "people",
];

/** Every fault that a world of this inventory can have, in an order that is always the same. */
export function faultCatalogue(inventory: Inventory): readonly Fault[] {
  const actors = actorsOf(inventory);
  return GROUPS.flatMap((group) =>
    Object.entries(KINDS[group]).flatMap(([kind, at]) =>
      at.flatMap((actorKind) => actors[actorKind].map((actor) => ({ group, kind, actor }))),
    ),
  );
}

/** One text for one fault. */
export function faultName({ group, kind, actor }: Fault): string {
  return `${group}/${kind}@${actor}`;
}

function actorsOf(inventory: Inventory): Readonly<Record<ActorKind, readonly string[]>> {
  const clouds = Object.keys(inventory.clouds);
  const members = Object.keys(Object.values(inventory.databases)[0]?.members ?? {});
  const links = members.flatMap((from) =>
    members.filter((to) => to !== from).map((to) => `link/${from}->${to}`),
  );
  return {
    edge: ["edge"],
    cluster: Object.keys(inventory.clusters).map((cluster) => `cluster/${cluster}`),
    database: members.map((cloud) => `database/${cloud}`),
    agent: clouds.map((cloud) => `agent/${cloud}`),
    cloud: clouds.map((cloud) => `cloud/${cloud}`),
    link: links,
    client: ["client"],
    operator: ["operator"],
    resolver: ["resolver"],
    observer: ["observer"],
  };
}
