/** What observers say of the clouds: they notice late, may be lied to, and may see nothing at all. */
import type { Cloud, CloudFacts, Verdict } from "../../domain/snapshot.ts";
import type { ModelClusters } from "./model-clusters.ts";
import type { Surroundings } from "./surroundings.ts";

export class ModelHealth {
  /** What is said while nothing is wrong with a cloud. */
  readonly clouds: Record<Cloud, CloudFacts>;
  /** Whoever decides from what vantage points see; null: this model tells what they would come to. */
  judge: (() => Readonly<Record<Cloud, CloudFacts>>) | null = null;
  readonly #noticed = new Map<Cloud, CloudFacts>();
  /** What was said when a fault of stale reads began. */
  #old: Readonly<Record<Cloud, CloudFacts>> | null = null;
  readonly #clusters: ModelClusters;
  readonly #around: Surroundings;

  constructor(clouds: Record<Cloud, CloudFacts>, clusters: ModelClusters, around: Surroundings) {
    this.clouds = clouds;
    this.#clusters = clusters;
    this.#around = around;
  }

  /** Something has changed at a cloud; it is noticed somewhat later. */
  changed(cloud: Cloud): void {
    this.#around.after(this.#around.draw(this.#around.ranges.noticeMs), () => {
      const seen = this.#look(cloud);
      if (seen === null) this.#noticed.delete(cloud);
      else this.#noticed.set(cloud, seen);
    });
  }

  /** Whether who looks from now on may be told what is true now. */
  keepOld(keeps: boolean): void {
    this.#old = keeps ? this.#current() : null;
  }

  verdicts(): Readonly<Record<Cloud, CloudFacts>> {
    return this.#old !== null && this.#around.strikes("stale-read", "observer") ? this.#old : this.#current();
  }

  #current(): Readonly<Record<Cloud, CloudFacts>> {
    if (this.judge !== null) return this.judge();
    return Object.fromEntries(Object.keys(this.clouds).map((cloud) => [cloud, this.#verdict(cloud)]));
  }

  /** Whether its pods really answer requests. */
  serves(cloud: Cloud): boolean {
    return this.#clusters.capacityOf(cloud).ready > 0 && !this.#around.has("edge-cut", `cloud/${cloud}`);
  }

  #verdict(cloud: Cloud): CloudFacts {
    const nobody = { verdict: "unknown", reason: "nobody looks at it", observers: 0 } as const;
    const stated = this.clouds[cloud] ?? { ...nobody, sinceMs: 0, clusters: {} };
    const around = this.#around;
    const told = around.anyFault ? this.#falsely(cloud, stated) : null;
    if (told !== null) return told;
    return stated.verdict === "healthy" ? (this.#noticed.get(cloud) ?? stated) : stated;
  }

  #falsely(cloud: Cloud, stated: CloudFacts): CloudFacts | null {
    const around = this.#around;
    const actor = `cloud/${cloud}`;
    if (around.has("unseen", actor))
      return { ...judged(stated, "unknown", "no observer can look at it"), observers: 0 };
    if (around.has("lies-healthy", actor)) return judged(stated, "healthy", "answers");
    if (around.has("lies-down", actor)) return judged(stated, "down", "no pod answers");
    if (around.has("lies-degraded", actor)) return judged(stated, "degraded", "half of its answers are slow");
    if (!around.has("oscillates", actor)) return null;
    const turn = Math.floor(around.kernel.nowMs / Math.max(1, around.ranges.oscillationMs[1]));
    return turn % 2 === 0 ? null : judged(stated, "down", "no pod answers");
  }

  /** Null: as it should be. */
  #look(cloud: Cloud): CloudFacts | null {
    const stated = this.clouds[cloud];
    if (stated === undefined) return null;
    const now = { ...stated, sinceMs: this.#around.kernel.nowMs };
    const pods = Object.entries(this.#clusters.podsIn(cloud));
    const running = pods.reduce((sum, [, own]) => sum + own.running, 0);
    // A cloud that is wanted empty is not broken.
    if (running === 0 && !this.serves(cloud)) return null;
    if (!this.serves(cloud)) return judged(now, "down", `none of its ${running} pods answers probes`);
    const clusters = pods.map(([name, own]) => [name, verdictOf(own)] as const);
    const ill = clusters.flatMap(([name, verdict]) =>
      verdict === "healthy" ? [] : [`${name} is ${verdict}`],
    );
    if (ill.length === 0) return null;
    return { ...now, verdict: "degraded", reason: ill.join(", "), clusters: Object.fromEntries(clusters) };
  }
}

function verdictOf({ ready, running }: { readonly ready: number; readonly running: number }): Verdict {
  if (ready * 2 >= running) return "healthy";
  return ready === 0 ? "down" : "degraded";
}

/** All of its clusters alike. */
function judged(facts: CloudFacts, verdict: Verdict, reason: string): CloudFacts {
  const clusters = Object.keys(facts.clusters).map((cluster) => [cluster, verdict] as const);
  return { ...facts, verdict, reason, clusters: Object.fromEntries(clusters) };
}
