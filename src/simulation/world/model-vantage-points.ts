/**
 * The places from which a model world is looked at: an observer in each cloud and the edge. Each can be in trouble of its own,
 * besides whatever is wrong with the world.
 */
import type { Cloud, ClusterName } from "../../domain/snapshot.ts";
import type { ClusterSight } from "../../domain/verdicts/sighting.ts";
import { retryable } from "../../ports/errors.ts";
import type { Look, VantagePoint } from "../../ports/vantage-points.ts";
import type { Kernel } from "../kernel.ts";
import type { Random } from "../random.ts";

/** `knowing`: cut off, and aware of it. `lossy`: half of what it asks is lost. */
export type VantageTrouble = "cut-off" | "cut-off-knowing" | "lossy" | "slow" | "lying" | "silent";

export type WatchedWorld = {
  readonly clusters: Readonly<Record<ClusterName, { readonly cloud: Cloud }>>;
  /** What is true of a cluster as it is asked for health. */
  sightOf(cluster: ClusterName): ClusterSight;
};

const LATE_MS = 700;
const NEVER_MS = 3_600_000;

export class ModelVantagePoints {
  /** By name. */
  readonly trouble = new Map<string, VantageTrouble>();
  readonly points: readonly VantagePoint[];
  /** Clouds whose observer has died with them. */
  isGone: (cloud: Cloud) => boolean = () => false;
  readonly #world: WatchedWorld;
  readonly #kernel: Kernel;
  readonly #random: Random;

  constructor(world: WatchedWorld, kernel: Kernel, random: Random) {
    this.#world = world;
    this.#kernel = kernel;
    this.#random = random;
    const clouds = [...new Set(Object.values(world.clusters).map(({ cloud }) => cloud))];
    this.points = [
      ...clouds.map((cloud) => this.#point(`observer ${cloud}`, cloud)),
      this.#point("edge", null),
    ];
  }

  #point(name: string, cloud: Cloud | null): VantagePoint {
    return { name, cloud, look: (signal) => this.#look({ name, cloud }, signal) };
  }

  async #look({ name, cloud }: Pick<VantagePoint, "name" | "cloud">, signal: AbortSignal): Promise<Look> {
    const isGone = cloud !== null && this.isGone(cloud);
    const trouble = isGone ? "silent" : (this.trouble.get(name) ?? null);
    const waitMs = trouble === "silent" ? NEVER_MS : trouble === "slow" ? LATE_MS : 1;
    try {
      await this.#kernel.sleep(waitMs, signal);
    } catch {
      throw retryable(`${name} did not answer in time`);
    }
    const sights = Object.keys(this.#world.clusters).map((cluster): [ClusterName, ClusterSight] => [
      cluster,
      this.#sight(cluster, trouble),
    ]);
    return { isolated: trouble === "cut-off-knowing", clusters: Object.fromEntries(sights) };
  }

  #sight(cluster: ClusterName, trouble: VantageTrouble | null): ClusterSight {
    const seen = this.#world.sightOf(cluster);
    switch (trouble) {
      case "cut-off":
      case "cut-off-knowing":
        return { state: "fails", reason: "nothing can be reached" };
      case "lossy":
        return this.#random.chance(0.5) ? { state: "fails", reason: "no answer" } : seen;
      case "slow":
        return { state: "slow", reason: "it took long" };
      case "lying":
        return seen.state === "answers"
          ? { state: "fails", reason: "it lies" }
          : { state: "answers", reason: "it lies" };
      case "silent":
      case null:
        return seen;
    }
  }
}
