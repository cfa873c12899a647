/**
 * A world in memory behind every port that acts touch: it keeps what it was told, counts what it did, refuses what
 * effectors refuse, and can be made to fail or to lose its answer at any act.
 */
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Cloud, CloudFacts, ClusterFacts } from "../../domain/snapshot.ts";
import { sameWeights } from "../../domain/weights.ts";
import type { Scale } from "../../ports/clusters.ts";
import type { SetWeights, TrafficPolicy } from "../../ports/edge.ts";
import { ambiguous, type PortError, refused, retryable } from "../../ports/errors.ts";
import type { Message } from "../../ports/notify.ts";
import type { EffectAnswer, Token } from "../../ports/token.ts";
import type { World } from "../world.ts";
import type { TestClock } from "./memory-journal.ts";
import { ModelDatabases } from "./model-databases.ts";

/**
 * What happens at a try of an act: `fails` does nothing and throws; `loses-answer` does it, then throws; `forgets` does it,
 * is cut off before the effector has noted its key, and says that it may be tried again.
 */
export type Trouble =
  | { readonly kind: "fails"; readonly error: PortError }
  | { readonly kind: "loses-answer" }
  | { readonly kind: "forgets" };

export class ModelWorld {
  readonly clouds: Record<Cloud, CloudFacts> = {};
  readonly clusters: Record<string, ClusterFacts> = {};
  readonly databases: ModelDatabases;
  readonly messages: Message[] = [];
  /** Keys in the order in which their effects were really done. */
  readonly done: { readonly key: string; readonly op: string }[] = [];
  /** Asked before each act with its op and how often an act has been tried in all. */
  trouble: (op: string, attempt: number) => Trouble | null = () => null;
  policy: TrafficPolicy;
  requestsPerSecond = 200;
  attempts = 0;
  readonly #keys = new Set<string>();
  readonly #highest = new Map<string, { epoch: number; sequence: number }>();
  readonly #inventory: Inventory;
  readonly #clock: TestClock;

  constructor(inventory: Inventory, clock: TestClock) {
    this.#inventory = inventory;
    this.#clock = clock;
    this.policy = {
      weights: inventory.edge.weights,
      version: 1,
      epoch: 0,
      setBy: "inventory",
      why: "",
      setAtMs: 0,
    };
    for (const cloud of Object.keys(inventory.clouds))
      this.clouds[cloud] = { verdict: "healthy", reason: "answers", observers: 1 };
    for (const [name, { cloud, replicas }] of Object.entries(inventory.clusters)) {
      this.clusters[name] = {
        cloud,
        replicas: replicas.usual,
        ready: replicas.usual,
        generation: 1,
        observedGeneration: 1,
      };
    }
    const group = Object.values(inventory.databases)[0];
    if (group === undefined) throw new Error("the inventory has no database");
    const slots = Object.fromEntries(Object.entries(group.members).map(([cloud, { slot }]) => [cloud, slot]));
    this.databases = new ModelDatabases(slots, group.primary);
  }

  ports(): World {
    const inventory = this.#inventory;
    return {
      edge: {
        policy: async () => this.policy,
        demand: async () => ({ requestsPerSecond: this.requestsPerSecond, windowMs: 60_000 }),
        window: async (ms) => ({ ms, requests: 100, failed: 0, slow: 0, p99Ms: 12 }),
        windows: async () => [],
        setWeights: async (request) =>
          this.#act("set-weights", request.token, {
            apply: () => this.#setWeights(request),
            answer: () => this.policy,
          }),
      },
      health: { verdicts: async () => ({ ...this.clouds }) },
      clusters: {
        list: async () => structuredClone(this.clusters),
        scale: async (request) =>
          this.#act("scale", request.token, {
            apply: () => this.#scale(request),
            answer: () => this.#cluster(request.cluster),
          }),
      },
      databases: {
        observe: async () => this.databases.facts(),
        perform: async ({ cloud }, act, token) =>
          this.#act(act.act, token, {
            apply: () => this.databases.apply(cloud, act),
            answer: () => this.databases.observe(cloud),
          }),
        marker: async ({ cloud }) => {
          const member = this.databases.observe(cloud);
          if (member.role !== "primary" || member.writesBlocked) throw refused("not writable");
          return { timeline: member.timeline ?? 0, tookMs: 1 };
        },
      },
      notify: { send: async (message) => void this.messages.push(message) },
      clock: this.#clock,
      named: {
        clouds: Object.keys(inventory.clouds),
        clusters: Object.keys(inventory.clusters),
        databases: Object.keys(inventory.databases),
        demandFloor: 0,
      },
    };
  }

  /** What must be as before once a run has undone everything: no versions, generations or positions. */
  slate(): unknown {
    const members = Object.entries(this.databases.members).map(
      ([cloud, { position: _position, slots, ...member }]) => [
        cloud,
        { ...member, slots: [...slots].sort() },
      ],
    );
    const replicas = Object.entries(this.clusters).map(([name, cluster]) => [name, cluster.replicas]);
    return { weights: this.policy.weights, replicas, members };
  }

  #setWeights({ weights, expectedVersion, setBy }: SetWeights): "done" | "found" {
    if (sameWeights(weights, this.policy.weights)) return "found";
    if (expectedVersion !== this.policy.version) throw refused("another version");
    this.policy = { ...this.policy, weights, version: this.policy.version + 1, setBy };
    return "done";
  }

  #scale({ cluster, replicas, expectedGeneration }: Scale): "done" | "found" {
    const now = this.#cluster(cluster);
    if (now.replicas === replicas) return "found";
    if (now.generation !== expectedGeneration) throw refused("another generation");
    const generation = now.generation + 1;
    this.clusters[cluster] = {
      ...now,
      replicas,
      ready: replicas,
      generation,
      observedGeneration: generation,
    };
    return "done";
  }

  #cluster(name: string): ClusterFacts {
    const cluster = this.clusters[name];
    if (cluster === undefined) throw refused(`no cluster ${name}`);
    return cluster;
  }

  #act<T>(op: string, token: Token, work: Work<T>): EffectAnswer<T> {
    this.attempts += 1;
    const trouble = this.trouble(op, this.attempts);
    if (trouble?.kind === "fails") throw trouble.error;
    if (this.#keys.has(token.key)) return { result: "repeated", answer: work.answer() };
    const highest = this.#highest.get(token.lock) ?? { epoch: 0, sequence: 0 };
    if (token.epoch < highest.epoch || (token.epoch === highest.epoch && token.sequence < highest.sequence)) {
      throw refused("a stale token");
    }
    this.#highest.set(token.lock, token);
    const result = work.apply();
    if (result === "done") this.done.push({ key: token.key, op });
    if (trouble?.kind === "forgets") throw retryable("cut off in the middle");
    this.#keys.add(token.key);
    if (trouble?.kind === "loses-answer") throw ambiguous("the answer was lost");
    return { result, answer: work.answer() };
  }
}

type Work<T> = { apply(): "done" | "found"; answer(): T };
