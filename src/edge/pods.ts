/**
 * The pods that the gateway knows, each with its own connection pool.
 *
 * 1. A pod is (url, pid): another process on the same port is another pod, and has to prove itself first.
 * 2. A pod that leaves the list gets nothing new; what it has in flight may finish.
 * 3. An *empty* list is not believed while the pods still answer: an agent that has just restarted may not know them yet,
 *    and taking a whole cloud out on its word would be an outage of our own making.
 */
import { Pool } from "undici";
import { connectThrough } from "../links/connect-through.ts";
import { unprobed, withEvidence, type Evidence, type PodHealth, type PodState } from "./pod-health.ts";

export type Endpoint = Readonly<{ cluster: string; url: string; pid: number }>;

/** A request in flight, which may be told that its pod no longer answers. */
export type InFlight = { podFroze: () => void };

export class Pod {
  readonly cloud: string;
  readonly cluster: string;
  readonly url: string;
  readonly pid: number;
  readonly pool: Pool;
  readonly inFlight = new Set<InFlight>();
  /** The turn in which routing last chose it. */
  chosenAt = 0;
  /** When any reply of it came last, milliseconds of the gateway's clock. */
  answeredAtMs = Number.NEGATIVE_INFINITY;
  health: PodHealth;

  /** `through`: the link by which it is reached; null: as it is. */
  constructor(cloud: string, { cluster, url, pid }: Endpoint, at: { nowMs: number; through: number | null }) {
    this.cloud = cloud;
    this.cluster = cluster;
    this.url = url;
    this.pid = pid;
    this.health = unprobed(at.nowMs);
    // Idle connections are dropped before the pod would (its keep-alive is 65 s), also where the pod hints at longer,
    // so that no request is sent into a connection that is just being closed.
    this.pool = new Pool(url, {
      connections: connectionsMax,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      connectTimeout: connectTimeoutMs,
      ...(at.through === null ? {} : { connect: connectThrough(at.through, connectTimeoutMs) }),
    });
  }

  get state(): PodState {
    return this.health.state;
  }

  get load(): number {
    return this.inFlight.size;
  }
}

export type PodChange = Readonly<{ pod: Pod; from: PodHealth; to: PodHealth }>;

type PodTableOptions = Readonly<{
  /** Milliseconds, never going back. */
  now: () => number;
  random: () => number;
  /** By cloud: the link by which its pods are reached; what is not there is reached as it is. */
  podsThrough?: Readonly<Record<string, number | null>>;
  onAdded: (pod: Pod) => void;
  onRemoved: (pod: Pod) => void;
  onChanged: (change: PodChange) => void;
}>;

export class PodTable {
  readonly #options: PodTableOptions;
  #pods: readonly Pod[] = [];

  constructor(options: PodTableOptions) {
    this.#options = options;
  }

  all(): readonly Pod[] {
    return this.#pods;
  }

  of(cloud: string): readonly Pod[] {
    return this.#pods.filter((pod) => pod.cloud === cloud);
  }

  has(pod: Pod): boolean {
    return this.#pods.includes(pod);
  }

  /** Takes in what the cloud's agent lists. */
  list(cloud: string, endpoints: readonly Endpoint[]): void {
    const known = this.of(cloud);
    const through = this.#options.podsThrough?.[cloud] ?? null;
    const isListed = (pod: Pod): boolean => endpoints.some((one) => isSame(pod, one));
    const gone = known.filter(
      (pod) => !isListed(pod) && (endpoints.length > 0 || pod.state === "ejected" || pod.state === "unready"),
    );
    const added = endpoints
      .filter(
        (one, n) =>
          !known.some((pod) => isSame(pod, one)) && endpoints.findIndex(({ url }) => url === one.url) === n,
      )
      .map((one) => new Pod(cloud, one, { nowMs: this.#options.now(), through }));
    if (gone.length === 0 && added.length === 0) return;
    this.#pods = [...this.#pods.filter((pod) => !gone.includes(pod)), ...added];
    for (const pod of gone) {
      this.#options.onRemoved(pod);
      void pod.pool.close();
    }
    for (const pod of added) this.#options.onAdded(pod);
  }

  /** Takes in evidence of a pod's health. When a pod turns out frozen, what it has in flight is told. */
  observe(pod: Pod, evidence: Evidence): void {
    const { now, random, onChanged } = this.#options;
    const from = pod.health;
    pod.health = withEvidence(from, evidence, { nowMs: now(), random: random() });
    if (pod.state !== from.state && this.has(pod)) onChanged({ pod, from, to: pod.health });
    if (evidence.kind === "silent" && evidence.frozen) for (const one of pod.inFlight) one.podFroze();
  }

  /** Ends every connection, whatever is in flight. */
  async destroy(): Promise<void> {
    await Promise.all(this.#pods.map((pod) => pod.pool.destroy()));
  }
}

function isSame(pod: Pod, { url, pid, cluster }: Endpoint): boolean {
  return pod.url === url && pod.pid === pid && pod.cluster === cluster;
}

const connectionsMax = 256;
const keepAliveMs = 4000;
const connectTimeoutMs = 2000;
