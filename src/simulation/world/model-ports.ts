/** The ports of a simulated world as one worker reaches them: who is called, by which way, and what is told of it. */
import {
  type Cloud,
  type ClusterFacts,
  type DatabaseMemberFacts,
  type Section,
  UNREACHABLE_MEMBER,
} from "../../domain/snapshot.ts";
import type { Clusters } from "../../ports/clusters.ts";
import type { DatabaseAct, Databases } from "../../ports/databases.ts";
import type { Edge, TrafficPolicy } from "../../ports/edge.ts";
import { PortError, refused, retryable } from "../../ports/errors.ts";
import type { Health } from "../../ports/health.ts";
import type { Message, Notify } from "../../ports/notify.ts";
import type { EffectAnswer, Token } from "../../ports/token.ts";
import type { Attempt } from "../attempt.ts";
import type { Calls, Way } from "./calls.ts";
import type { Effector, Work } from "./effector.ts";
import type { FaultEffects } from "./fault-effects.ts";
import type { ModelClusters } from "./model-clusters.ts";
import type { ModelDatabases } from "./model-databases.ts";
import type { ModelEdge } from "./model-edge.ts";
import type { LookedAt, Told } from "./events.ts";
import type { ModelHealth } from "./model-health.ts";
import type { Surroundings } from "./surroundings.ts";

export type ModelPorts = {
  readonly edge: Edge;
  readonly health: Health;
  readonly clusters: Clusters;
  readonly databases: Databases;
  readonly notify: Notify;
};

export type PortParts = {
  readonly around: Surroundings;
  readonly calls: Calls;
  readonly edge: ModelEdge;
  readonly clusters: ModelClusters;
  readonly databases: ModelDatabases;
  readonly health: ModelHealth;
  readonly faults: FaultEffects;
  readonly database: string;
  readonly edgeEffector: Effector<TrafficPolicy>;
  readonly clusterEffectors: ReadonlyMap<Cloud, Effector<ClusterFacts>>;
  readonly databaseEffectors: ReadonlyMap<Cloud, Effector<DatabaseMemberFacts>>;
  readonly demand: () => number;
  readonly send: (message: Message) => void;
};

const EDGE: Way = { actor: "edge", through: ["edge"], frozenBy: [] };
const OBSERVER: Way = { actor: "observer", through: [], frozenBy: [] };

export class WorldPorts {
  readonly #parts: PortParts;
  readonly #attempt: Attempt;
  readonly #caller: number;

  constructor(parts: PortParts, attempt: Attempt, caller: number) {
    this.#parts = parts;
    this.#attempt = attempt;
    this.#caller = caller;
  }

  ports(): ModelPorts {
    const { send } = this.#parts;
    return {
      edge: this.#edge(),
      health: this.#health(),
      clusters: this.#clusters(),
      databases: this.#databases(),
      notify: { send: (message) => this.#attempt.read(async () => send(message)) },
    };
  }

  #edge(): Edge {
    const { around, calls, edge, faults, demand, edgeEffector } = this.#parts;
    const read = <T>(signal: AbortSignal, answer: () => T) =>
      this.#attempt.read(() => calls.read(EDGE, signal, answer));
    const nowMs = () => around.kernel.nowMs + around.skewMs("edge");
    return {
      policy: async (signal) => {
        const isStale = around.strikes("stale-read", "edge") && faults.stalePolicy !== null;
        return await read(signal, () => {
          this.#looked("policy");
          return (isStale ? faults.stalePolicy : null) ?? edge.policy;
        });
      },
      demand: (signal) => read(signal, () => ({ requestsPerSecond: demand(), windowMs: 60_000 })),
      window: (ms, signal) => read(signal, () => edge.history.window(around.kernel.nowMs, ms)),
      windows: (ask, signal) =>
        read(signal, () => {
          const aheadMs = nowMs() - around.kernel.nowMs;
          const true_ = { ...ask, sinceMs: ask.sinceMs - aheadMs, afterMs: ask.afterMs - aheadMs };
          return edge.history
            .past(true_, around.kernel.nowMs)
            .map((past) => ({ ...past, atMs: past.atMs + aheadMs }));
        }),
      setWeights: (request, signal) =>
        this.#change(edgeEffector, EDGE, signal, {
          token: request.token,
          work: {
            op: "set-weights",
            target: "traffic",
            params: { weights: request.weights },
            section: "traffic",
            caller: this.#caller,
            takesMs: () => 0,
            isHeldUp: () => false,
            state: () => JSON.stringify(edge.policy.weights),
            apply: () => edge.setWeights(request),
            answer: () => edge.policy,
          },
        }),
    };
  }

  #health(): Health {
    const { calls, health } = this.#parts;
    return {
      verdicts: (signal) =>
        this.#attempt.read(() =>
          calls.read(OBSERVER, signal, () => {
            const seen = health.verdicts();
            const told = Object.entries(seen).flatMap(([cloud, { verdict, clusters }]) => [
              [cloud, verdict] as const,
              ...Object.entries(clusters),
            ]);
            this.#looked("verdicts", Object.fromEntries(told));
            return seen;
          }),
        ),
    };
  }

  #clusters(): Clusters {
    const { calls, clusters, clusterEffectors } = this.#parts;
    return {
      list: (signal) =>
        this.#attempt.read(async () => {
          const names = Object.keys(clusters.facts);
          const fates = new Map(names.map((name) => [name, calls.fateOfRead(this.#toCluster(name))]));
          await calls.waitFor([...fates.values()], signal);
          this.#looked("clusters");
          return Object.fromEntries(
            names.map((name) => [name, this.#listed(name, fates.get(name)?.fails ?? null)]),
          );
        }),
      scale: ({ cluster, replicas, expectedGeneration, token }, signal) => {
        const { cloud } = clusters.seen(cluster);
        return this.#change(effectorOf(clusterEffectors, cloud), this.#toCluster(cluster), signal, {
          token,
          work: {
            op: "scale",
            target: `cluster/${cluster}`,
            params: { cluster, replicas },
            section: "traffic",
            caller: this.#caller,
            takesMs: () => 0,
            isHeldUp: () => false,
            state: () => String(clusters.facts[cluster]?.replicas),
            apply: () => clusters.scale(cluster, replicas, expectedGeneration),
            answer: () => clusters.seen(cluster),
          },
        });
      },
    };
  }

  #toCluster(name: string): Way {
    const { cloud } = this.#parts.clusters.seen(name);
    const through = [`cloud/${cloud}`, `agent/${cloud}`];
    return { actor: `cluster/${name}`, through, frozenBy: [`agent/${cloud}`] };
  }

  #listed(name: string, fails: string | null): ClusterFacts {
    const { around, clusters, faults } = this.#parts;
    const now = clusters.seen(name);
    if (fails !== null) return { ...now, replicas: null, ready: 0 };
    const stale = faults.staleClusters.get(name);
    if (stale === undefined) return now;
    const torn = around.has("torn-list", `cloud/${now.cloud}`);
    return torn || around.strikes("stale-read", `cluster/${name}`) ? stale : now;
  }

  #databases(): Databases {
    const { calls, databases } = this.#parts;
    return {
      observe: async (_database, signal) => {
        return await this.#attempt.read(async () => {
          const clouds = Object.keys(databases.members);
          const fates = new Map(clouds.map((cloud) => [cloud, calls.fateOfRead(this.#toMember(cloud))]));
          await calls.waitFor([...fates.values()], signal);
          const members: Record<Cloud, DatabaseMemberFacts> = {};
          this.#looked("databases");
          for (const cloud of clouds) members[cloud] = this.#observed(cloud, fates.get(cloud)?.fails ?? null);
          return { members, alone: databases.onRecord.told };
        });
      },
      perform: ({ cloud }, act, token, signal) => this.#perform(cloud, act, token, signal),
      marker: ({ cloud }, signal) =>
        this.#attempt.read(async () => {
          const fate = calls.fateOfRead(this.#toMember(cloud));
          await calls.waitFor([fate], signal);
          if (fate.fails !== null) throw retryable(fate.fails);
          return await this.#marker(cloud);
        }),
    };
  }

  #perform(
    cloud: Cloud,
    act: DatabaseAct,
    token: Token,
    signal: AbortSignal,
  ): Promise<EffectAnswer<DatabaseMemberFacts>> {
    const { around, database, databases, databaseEffectors } = this.#parts;
    const { act: op, ...settings } = act;
    const askedAtMs = around.kernel.nowMs;
    return this.#change(effectorOf(databaseEffectors, cloud), this.#toMember(cloud), signal, {
      token,
      work: {
        op,
        target: `database/${database}@${cloud}`,
        params: { database, cloud, ...settings },
        section: "databases",
        caller: this.#caller,
        takesMs: () => around.draw(databases.takes(cloud, act)),
        isHeldUp: () => databases.isHeldUp(cloud, act),
        state: () => JSON.stringify(databases.steady(cloud)),
        apply: () => databases.apply(cloud, act, "effect", askedAtMs),
        answer: () => databases.observe(cloud),
      },
    });
  }

  async #marker(cloud: Cloud): Promise<{ readonly timeline: number; readonly tookMs: number }> {
    const { around, databases } = this.#parts;
    const beganMs = around.kernel.nowMs;
    const { promise, resolve } = Promise.withResolvers<string>();
    databases.write(cloud, (outcome) => {
      resolve(outcome);
      around.kernel.stir();
    });
    const outcome = await promise;
    if (outcome === "read-only") throw refused("not writable");
    if (outcome !== "acknowledged") throw retryable(`the write was ${outcome}`);
    const { timeline } = databases.observe(cloud);
    return { timeline: timeline ?? 0, tookMs: Math.max(1, around.kernel.nowMs - beganMs) };
  }

  #toMember(cloud: Cloud): Way {
    const actor = `database/${cloud}`;
    return { actor, through: [`cloud/${cloud}`, `agent/${cloud}`], frozenBy: [`agent/${cloud}`, actor] };
  }

  #observed(cloud: Cloud, fails: string | null): DatabaseMemberFacts {
    const { around, databases, faults } = this.#parts;
    if (fails !== null) return UNREACHABLE_MEMBER;
    const stale = faults.staleMembers.get(cloud);
    const isStale = stale !== undefined && around.strikes("stale-read", `database/${cloud}`);
    if (isStale) return stale;
    databases.risen.looked(cloud, around.kernel.nowMs);
    return databases.observe(cloud);
  }

  async #change<T>(
    effector: Effector<T>,
    way: Way,
    signal: AbortSignal,
    { token, work }: { readonly token: Token; readonly work: Work<T> },
  ): Promise<EffectAnswer<T>> {
    const { around, calls } = this.#parts;
    const { op, section, caller } = work;
    const { key, lock } = token;
    around.emit({ kind: "asked", key, lock, stale: this.#attempt.isStale, op, section, caller });
    try {
      const answer = await this.#attempt.change(() =>
        calls.change(way, signal, () => effector.deliver(token, work)),
      );
      this.#answered(token, work.section, false);
      return answer;
    } catch (error) {
      this.#answered(token, work.section, !(error instanceof PortError) || error.kind === "ambiguous");
      throw error;
    }
  }

  #answered({ key }: Token, section: Section, ambiguous: boolean): void {
    const { isStale: stale } = this.#attempt;
    this.#parts.around.emit({ kind: "answered", key, section, caller: this.#caller, ambiguous, stale });
  }

  #looked(at: LookedAt, told: Told | null = null): void {
    this.#parts.around.emit({ kind: "looked", at, run: this.#attempt.run, told });
  }
}

function effectorOf<T>(effectors: ReadonlyMap<Cloud, Effector<T>>, cloud: Cloud): Effector<T> {
  const effector = effectors.get(cloud);
  if (effector === undefined) throw new RangeError(`no effector in ${cloud}`);
  return effector;
}
