/** How the workload serves what is sent to a cloud: by its ready pods, slowly where its backend is slow, in part where it is too much. */
import type { Cloud, Weights } from "../../domain/snapshot.ts";
import type { ModelClusters } from "./model-clusters.ts";
import type { CloudService } from "./model-edge.ts";
import type { ModelHealth } from "./model-health.ts";
import type { Surroundings } from "./surroundings.ts";

type Standing = { readonly serves: boolean; readonly perSecond: number; readonly slowShare: number };

const SURGE = 3;
const REFUSED_MS = 2;
const OVERLOADED_MS = 900;
const SLOW_MS = [400, 1_500] as const;

export class Service implements CloudService {
  usualPerSecond: number;
  weights: () => Weights = () => ({});
  readonly #around: Surroundings;
  readonly #clusters: ModelClusters;
  readonly #health: ModelHealth;
  /** Looked up anew only when something has changed: it is asked for every request. */
  readonly #standing = new Map<Cloud, Standing>();

  constructor(around: Surroundings, clusters: ModelClusters, health: ModelHealth, usualPerSecond: number) {
    this.#around = around;
    this.#clusters = clusters;
    this.#health = health;
    this.usualPerSecond = usualPerSecond;
  }

  get demandPerSecond(): number {
    return this.usualPerSecond * (this.#around.has("surge", "client") ? SURGE : 1);
  }

  changed(cloud: Cloud): void {
    this.#standing.delete(cloud);
  }

  /** Requests/s that its ready pods were measured to serve. */
  capacityOf(cloud: Cloud): number {
    return this.#of(cloud).perSecond;
  }

  serves(cloud: Cloud): boolean {
    return this.#of(cloud).serves;
  }

  serve(cloud: Cloud): { readonly ok: boolean; readonly tookMs: number } {
    const { serves, perSecond, slowShare } = this.#of(cloud);
    if (!serves) return { ok: false, tookMs: REFUSED_MS };
    const around = this.#around;
    const asked = (this.demandPerSecond * (this.weights()[cloud] ?? 0)) / 100;
    if (asked > perSecond && around.random.next() >= perSecond / asked)
      return { ok: false, tookMs: OVERLOADED_MS };
    const slow = slowShare > 0 && around.random.next() < slowShare;
    return { ok: true, tookMs: around.draw(slow ? SLOW_MS : around.ranges.requestMs) };
  }

  #of(cloud: Cloud): Standing {
    const known = this.#standing.get(cloud);
    if (known !== undefined) return known;
    const { ready, perSecond } = this.#clusters.capacityOf(cloud);
    const standing = {
      serves: this.#health.serves(cloud),
      perSecond,
      slowShare: ready === 0 ? 0 : this.#slowPods(cloud) / ready,
    };
    this.#standing.set(cloud, standing);
    return standing;
  }

  #slowPods(cloud: Cloud): number {
    let slow = 0;
    for (const [name, facts] of Object.entries(this.#clusters.facts))
      if (facts.cloud === cloud && this.#around.has("slow-backend", `cluster/${name}`)) slow += facts.ready;
    return slow;
  }
}
