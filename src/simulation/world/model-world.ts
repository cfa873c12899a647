/**
 * A world in memory behind every port that acts touch: edge, clusters, PostgreSQL, observers, and clients who use them. It
 * keeps what it was told, takes its time, refuses what effectors refuse, and anything in it can be made to fail.
 *
 * 1. Time is the kernel's and chance is the given Random's: with the same seed the same happens.
 * 2. Whatever happens is told as an event, right when it has happened (`events.ts`).
 * 3. It knows nothing of runbooks, engine or guards. What it refuses, effectors and providers would refuse.
 */
import type { Inventory } from "../../domain/inventory/schema.ts";
import type {
  Cloud,
  CloudFacts,
  ClusterFacts,
  ClusterName,
  DatabaseMemberFacts,
  Snapshot,
} from "../../domain/snapshot.ts";
import type { ClusterSight } from "../../domain/verdicts/sighting.ts";
import type { TrafficPolicy } from "../../ports/edge.ts";
import type { Message } from "../../ports/notify.ts";
import type { Attempt } from "../attempt.ts";
import { type Fault, faultCatalogue, faultName } from "../faults.ts";
import type { Kernel } from "../kernel.ts";
import type { Random } from "../random.ts";
import { type Beginning, fromInventory, fromSnapshot, groupOf } from "./beginning.ts";
import { Calls } from "./calls.ts";
import { EdgeHistory } from "./edge-history.ts";
import { Effector, type EffectorHooks, type Trouble } from "./effector.ts";
import type { ModelEffect, WorldEvent } from "./events.ts";
import { FaultEffects } from "./fault-effects.ts";
import { ModelClusters } from "./model-clusters.ts";
import { ModelDatabases } from "./model-databases.ts";
import { ModelEdge } from "./model-edge.ts";
import { ModelHealth } from "./model-health.ts";
import { type ModelPorts, WorldPorts } from "./model-ports.ts";
import type { Ranges } from "./ranges.ts";
import { Service } from "./service.ts";
import { Surroundings } from "./surroundings.ts";

export type WorldOptions = {
  readonly kernel: Kernel;
  readonly random: Random;
  readonly ranges: Ranges;
  /** The live world to begin from; else the inventory. */
  readonly snapshot?: Snapshot;
};

export class ModelWorld {
  readonly databases: ModelDatabases;
  readonly edge: ModelEdge;
  readonly service: Service;
  readonly messages: Message[] = [];
  /** What its counters stood at when it began: a live world has been changed before. */
  readonly began: { readonly version: number; readonly generations: number };
  /** In the order in which they were really done. */
  readonly done: ModelEffect[] = [];
  /** Asked before each act with its op and how often an act has been tried in all. */
  trouble: (op: string, attempt: number) => Trouble | null = () => null;
  /** Whether effectors keep keys and tokens; without it, this is a world in which checks have to turn red. */
  remembers = true;
  /** Called right before and after each effect. */
  aroundEffects: () => void = () => undefined;
  attempts = 0;
  readonly #around: Surroundings;
  readonly #clusters: ModelClusters;
  readonly #health: ModelHealth;
  readonly #faults: FaultEffects;
  readonly #catalogue: ReadonlySet<string>;
  readonly #parts: ConstructorParameters<typeof WorldPorts>[0];
  #callers = 0;

  constructor(inventory: Inventory, now: () => number, { kernel, random, ranges, snapshot }: WorldOptions) {
    const around = new Surroundings(kernel, random, ranges);
    const begins = snapshot === undefined ? fromInventory(inventory) : fromSnapshot(inventory, snapshot);
    this.began = { version: begins.policy.version, generations: generationsOf(begins.clusters) };
    this.#around = around;
    this.#catalogue = new Set(faultCatalogue(inventory).map(faultName));
    this.#clusters = clustersOf(inventory, begins, around);
    this.databases = databasesOf(inventory, begins, around);
    this.#health = new ModelHealth(begins.clouds, this.#clusters, around);
    this.service = new Service(around, this.#clusters, this.#health, begins.requestsPerSecond);
    const history = new EdgeHistory(now(), inventory.service.objective.latency);
    const clouds = Object.keys(inventory.clouds);
    this.edge = new ModelEdge({ policy: begins.policy, clouds, history, service: this.service, around });
    this.service.weights = () => this.edge.inForce;
    this.#clusters.onChange = (cloud) => this.#capacityChanged(cloud);
    this.#faults = new FaultEffects({
      around,
      edge: this.edge,
      clusters: this.#clusters,
      databases: this.databases,
      health: this.#health,
      capacityChanged: (cloud) => this.#capacityChanged(cloud),
      demandChanged: () => around.emit({ kind: "demand" }),
    });
    this.#parts = this.#partsOf(inventory, clouds);
  }

  /** Every effect, read, commit, request and change of state so far. */
  get events(): number {
    return this.#around.events;
  }

  /** Changes with every event and its time: two nights of one seed have the same. */
  get digest(): number {
    return this.#around.digest;
  }

  /** Told of each event, right after it. Who settles a promise there says `stir` to the kernel. */
  set onEvent(told: (event: WorldEvent) => void) {
    this.#around.onEvent = told;
  }

  /** What observers say of each cloud while nothing is wrong with it. */
  get clouds(): Record<Cloud, CloudFacts> {
    return this.#health.clouds;
  }

  /** From now on runs are told verdicts that somebody decides, from what vantage points see of this world. */
  judgedBy(judge: () => Readonly<Record<Cloud, CloudFacts>>): void {
    this.#health.judge = judge;
  }

  /** What observers say of that cloud now. */
  verdictOf(cloud: Cloud): CloudFacts["verdict"] {
    return this.#health.verdicts()[cloud]?.verdict ?? "unknown";
  }

  get clusters(): Readonly<Record<string, ClusterFacts>> {
    return this.#clusters.facts;
  }

  /** By then all pods have come that a provider was late with. */
  get latePodsUntilMs(): number {
    return this.#clusters.lateUntilMs;
  }

  /** What is true of a cluster as it is asked for health, through the edge or past it. */
  sightOf(cluster: ClusterName): ClusterSight {
    const { cloud, ready } = this.#clusters.seen(cluster);
    const isCut = this.#around.has("edge-cut", `cloud/${cloud}`);
    // Those that are still to come are no trouble.
    const running = this.#clusters.runningOf(cluster);
    if (running === 0) return { state: "unseen", reason: "no pods are there" };
    if (ready === 0) return { state: "fails", reason: `none of its ${running} pods answers` };
    if (isCut) return { state: "slow", reason: "users do not reach it" };
    if (ready * 2 < running) return { state: "slow", reason: `only ${ready} of ${running} pods answer` };
    return { state: "answers", reason: `${ready} of ${running} pods answer` };
  }

  get policy(): TrafficPolicy {
    return this.edge.policy;
  }

  /** Somebody outside of this world has set another one. */
  set policy(policy: TrafficPolicy) {
    this.edge.replace(policy);
  }

  get requestsPerSecond(): number {
    return this.service.demandPerSecond;
  }

  set requestsPerSecond(rate: number) {
    this.service.usualPerSecond = rate;
    this.#around.emit({ kind: "demand" });
  }

  get anyFault(): boolean {
    return this.#around.anyFault;
  }

  /** Whether anybody has a fault of that kind: asked with every look, and a list would be made each time. */
  hasFault(kind: string): boolean {
    return this.#around.hasAny(kind);
  }

  get faults(): readonly Fault[] {
    return this.#around.faults;
  }

  /** Changes that no effect made: a person's, or what a provider took back. */
  get otherChanges(): { readonly weights: number; readonly replicas: number } {
    let replicas = 0;
    for (const count of this.#clusters.otherGenerations.values()) replicas += count;
    return { weights: this.edge.otherVersions, replicas };
  }

  /** Throws RangeError for a fault that no actor of this world can have. */
  inject(fault: Fault): void {
    this.#assertKnown(fault);
    this.#faults.begin(fault);
  }

  heal(fault: Fault): void {
    this.#assertKnown(fault);
    this.#faults.end(fault);
  }

  healAll(): void {
    for (const fault of this.#around.faults) this.heal(fault);
  }

  /** The ports as the worker of `attempt` reaches them. */
  ports(attempt: Attempt): ModelPorts {
    this.#callers += 1;
    return new WorldPorts(this.#parts, attempt, this.#callers).ports();
  }

  /** A client's read, by a pod of that cloud. False: no database could be read. */
  serveRead(cloud: Cloud): boolean {
    const by = this.databases.readableFrom(cloud);
    if (by !== null) this.#around.emit({ kind: "served", cloud: by });
    return by !== null;
  }

  /** What must be as before once a run has undone everything: no versions, generations or positions. */
  slate(): unknown {
    const members = Object.keys(this.databases.members).map((cloud) => [cloud, this.databases.steady(cloud)]);
    const replicas = Object.entries(this.clusters).map(([name, cluster]) => [name, cluster.replicas]);
    return { weights: this.policy.weights, replicas, members };
  }

  #capacityChanged(cloud: Cloud): void {
    this.service.changed(cloud);
    this.#health.changed(cloud);
    this.#around.emit({ kind: "capacity", cloud });
  }

  #assertKnown(fault: Fault): void {
    const name = faultName(fault);
    if (!this.#catalogue.has(name)) throw new RangeError(`no actor of this world can have ${name}`);
  }

  #partsOf(inventory: Inventory, clouds: readonly Cloud[]): ConstructorParameters<typeof WorldPorts>[0] {
    const around = this.#around;
    return {
      around,
      calls: new Calls(around),
      edge: this.edge,
      clusters: this.#clusters,
      databases: this.databases,
      health: this.#health,
      faults: this.#faults,
      database: groupOf(inventory).name,
      edgeEffector: new Effector<TrafficPolicy>("edge", around, this.#hooks("edge")),
      clusterEffectors: this.#agents<ClusterFacts>(clouds),
      databaseEffectors: this.#agents<DatabaseMemberFacts>(clouds),
      demand: () => this.service.demandPerSecond,
      send: (message) => void this.messages.push(message),
    };
  }

  #agents<T>(clouds: readonly Cloud[]): ReadonlyMap<Cloud, Effector<T>> {
    return new Map(
      clouds.map((cloud) => {
        const name = `agent/${cloud}`;
        return [cloud, new Effector<T>(name, this.#around, this.#hooks(name))];
      }),
    );
  }

  #hooks(name: string): EffectorHooks {
    const around = this.#around;
    const [, cloud = ""] = name.split("/");
    return {
      trouble: (op) => {
        this.attempts += 1;
        return this.trouble(op, this.attempts);
      },
      remembers: () => this.remembers,
      aroundEffect: () => this.aroundEffects(),
      done: (effect) => void this.done.push(effect),
      isGone: () => around.has("killed", name) || around.has("killed", `cloud/${cloud}`),
    };
  }
}

/** Of all clusters together. */
export function generationsOf(clusters: Readonly<Record<string, ClusterFacts>>): number {
  return Object.values(clusters).reduce((sum, { generation }) => sum + generation, 0);
}

function clustersOf(inventory: Inventory, begins: Beginning, around: Surroundings): ModelClusters {
  const rates = Object.entries(inventory.clusters).map(
    ([name, { requestsPerSecondPerPod }]) => [name, requestsPerSecondPerPod] as const,
  );
  return new ModelClusters(begins.clusters, new Map(rates), around);
}

function databasesOf(inventory: Inventory, begins: Beginning, around: Surroundings): ModelDatabases {
  const { members, synchronous } = groupOf(inventory).group;
  const slots = Object.fromEntries(Object.entries(members).map(([cloud, { slot }]) => [cloud, slot]));
  const stated = inventory.policies.standbysGone === "degrade" ? synchronous : 0;
  return new ModelDatabases(begins.members, slots, around, { stated, alone: begins.alone });
}
