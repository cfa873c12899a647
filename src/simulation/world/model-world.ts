/**
 * A world in memory behind every port that acts touch: it keeps what it was told, counts what it did, refuses what
 * effectors refuse, and can be made to fail or to lose its answer at any act.
 */
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Cloud, CloudFacts, ClusterFacts, Snapshot, Weights } from "../../domain/snapshot.ts";
import { sameWeights } from "../../domain/weights.ts";
import type { Clusters, Scale } from "../../ports/clusters.ts";
import type { Databases } from "../../ports/databases.ts";
import type { Edge, SetWeights, TrafficPolicy } from "../../ports/edge.ts";
import { ambiguous, type PortError, refused, retryable } from "../../ports/errors.ts";
import type { Health } from "../../ports/health.ts";
import type { Message, Notify } from "../../ports/notify.ts";
import type { EffectAnswer, Token } from "../../ports/token.ts";
import type { Attempt } from "../attempt.ts";
import { type Fault, faultCatalogue, faultName } from "../faults.ts";
import type { Kernel } from "../kernel.ts";
import type { Random } from "../random.ts";
import type { WorldEvent } from "./events.ts";
import { ModelDatabases } from "./model-databases.ts";
import type { Ranges } from "./ranges.ts";

/**
 * What happens at a try of an act: `fails` does nothing and throws; `loses-answer` does it, then throws; `forgets` does it,
 * is cut off before the effector has noted its key, and says that it may be tried again.
 */
export type Trouble =
  | { readonly kind: "fails"; readonly error: PortError }
  | { readonly kind: "loses-answer" }
  | { readonly kind: "forgets" };

/** What an effector really did, once for each effect. */
export type ModelEffect = Token & { readonly op: string; readonly atMs: number };

export type ModelPorts = {
  readonly edge: Edge;
  readonly health: Health;
  readonly clusters: Clusters;
  readonly databases: Databases;
  readonly notify: Notify;
};

export type WorldOptions = {
  readonly kernel: Kernel;
  readonly random: Random;
  readonly ranges: Ranges;
  /** The live world to begin from; else the inventory. */
  readonly snapshot?: Snapshot;
};

export class ModelWorld {
  /** Every effect, read, commit, probe, request and change of state so far. */
  events = 0;
  /** Told of each event, right after it. */
  onEvent: (event: WorldEvent) => void = () => undefined;
  readonly clouds: Record<Cloud, CloudFacts> = {};
  readonly clusters: Record<string, ClusterFacts> = {};
  readonly databases: ModelDatabases;
  readonly messages: Message[] = [];
  /** In the order in which they were really done. */
  readonly done: ModelEffect[] = [];
  /** Asked before each act with its op and how often an act has been tried in all. */
  trouble: (op: string, attempt: number) => Trouble | null = () => null;
  /** Whether effectors keep keys and tokens; without it, this is a world in which checks have to turn red. */
  remembers = true;
  /** Called right before and after each effect. */
  aroundEffects: () => void = () => undefined;
  policy: TrafficPolicy;
  /** All weights that ever were in force. */
  readonly policies: Weights[] = [];
  requestsPerSecond = 200;
  attempts = 0;
  readonly #keys = new Set<string>();
  readonly #highest = new Map<string, { epoch: number; sequence: number }>();
  readonly #now: () => number;

  readonly #catalogue: ReadonlySet<string>;
  readonly #faults = new Map<string, Fault>();

  constructor(inventory: Inventory, now: () => number, _options: WorldOptions) {
    this.#now = now;
    this.#catalogue = new Set(faultCatalogue(inventory).map(faultName));
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

  /** Throws RangeError for a fault that no actor of this world can have. */
  inject(fault: Fault): void {
    this.#faults.set(this.#known(fault), fault);
  }

  heal(fault: Fault): void {
    this.#faults.delete(this.#known(fault));
  }

  healAll(): void {
    for (const fault of this.#faults.values()) this.heal(fault);
  }

  #known(fault: Fault): string {
    const name = faultName(fault);
    if (!this.#catalogue.has(name)) throw new RangeError(`no actor of this world can have ${name}`);
    return name;
  }

  /** The ports as the worker of `attempt` reaches them. */
  ports(attempt: Attempt): ModelPorts {
    return {
      edge: this.#edge(attempt),
      health: { verdicts: () => attempt.read(async () => ({ ...this.clouds })) },
      clusters: {
        list: () => attempt.read(async () => structuredClone(this.clusters)),
        scale: (request) =>
          this.#act(attempt, request.token, {
            op: "scale",
            apply: () => this.#scale(request),
            answer: () => this.#cluster(request.cluster),
          }),
      },
      databases: {
        observe: () => attempt.read(async () => this.databases.facts()),
        perform: ({ cloud }, act, token) =>
          this.#act(attempt, token, {
            op: act.act,
            apply: () => this.databases.apply(cloud, act),
            answer: () => this.databases.observe(cloud),
          }),
        marker: ({ cloud }) =>
          attempt.read(async () => {
            const member = this.databases.observe(cloud);
            if (member.role !== "primary" || member.writesBlocked) throw refused("not writable");
            return { timeline: member.timeline ?? 0, tookMs: 1 };
          }),
      },
      notify: { send: (message) => attempt.read(async () => void this.messages.push(message)) },
    };
  }

  #edge(attempt: Attempt): Edge {
    return {
      policy: () => attempt.read(async () => this.policy),
      demand: () =>
        attempt.read(async () => ({ requestsPerSecond: this.requestsPerSecond, windowMs: 60_000 })),
      windows: () => attempt.read(async () => []),
      window: (ms) => attempt.read(async () => ({ ms, requests: 100, failed: 0, slow: 0, p99Ms: 12 })),
      setWeights: (request) =>
        this.#act(attempt, request.token, {
          op: "set-weights",
          apply: () => this.#setWeights(request),
          answer: () => this.policy,
        }),
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
    this.policies.push(weights);
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

  #act<T>(attempt: Attempt, token: Token, work: Work<T>): Promise<EffectAnswer<T>> {
    return attempt.change(async () => this.#apply(token, work));
  }

  #apply<T>(token: Token, work: Work<T>): EffectAnswer<T> {
    const { op } = work;
    this.attempts += 1;
    const trouble = this.trouble(op, this.attempts);
    if (trouble?.kind === "fails") throw trouble.error;
    if (this.remembers && this.#keys.has(token.key)) return { result: "repeated", answer: work.answer() };
    const highest = this.#highest.get(token.lock) ?? { epoch: 0, sequence: 0 };
    const older =
      token.epoch < highest.epoch || (token.epoch === highest.epoch && token.sequence < highest.sequence);
    if (this.remembers && older) {
      throw refused("the token is older than one that was seen", { reason: "stale-token" });
    }
    this.#highest.set(token.lock, token);
    this.aroundEffects();
    const result = work.apply();
    this.aroundEffects();
    if (result === "done") this.done.push({ ...token, op, atMs: this.#now() });
    if (trouble?.kind === "forgets") throw retryable("cut off in the middle");
    this.#keys.add(token.key);
    if (trouble?.kind === "loses-answer") throw ambiguous("the answer was lost");
    return { result, answer: work.answer() };
  }
}

type Work<T> = { readonly op: string; apply(): "done" | "found"; answer(): T };
