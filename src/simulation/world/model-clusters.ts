/**
 * The clusters: what is wanted is accepted at once, and pods come and go in their own time. Ready are those that answer; what
 * a fault holds down is not, though it may be wanted.
 */
import type { Cloud, ClusterFacts, ClusterName } from "../../domain/snapshot.ts";
import { refused } from "../../ports/errors.ts";
import type { Surroundings } from "./surroundings.ts";

type Pods = { ending: number; starting: number; killed: number };

export class ModelClusters {
  readonly facts: Record<ClusterName, ClusterFacts> = {};
  /** Generations that no effect made. */
  readonly otherGenerations = new Map<ClusterName, number>();
  readonly #pods = new Map<ClusterName, Pods>();
  readonly #around: Surroundings;
  readonly #ratePerPod: ReadonlyMap<ClusterName, number>;
  /** Until then pods come that a provider was late with: it goes on being late with them when it is well again. */
  lateUntilMs = 0;
  /** Told of each change of what a cloud can serve. */
  onChange: (cloud: Cloud) => void = () => undefined;

  constructor(
    facts: Readonly<Record<ClusterName, ClusterFacts>>,
    ratePerPod: ReadonlyMap<ClusterName, number>,
    around: Surroundings,
  ) {
    this.facts = { ...facts };
    this.#ratePerPod = ratePerPod;
    this.#around = around;
    for (const [name, { replicas, ready }] of Object.entries(facts)) {
      this.#pods.set(name, { ending: 0, starting: 0, killed: 0 });
      if (replicas !== null && replicas > ready) this.#start(name, replicas - ready);
    }
  }

  /** As it says itself when it is asked. */
  seen(name: ClusterName): ClusterFacts {
    const facts = this.#one(name);
    return this.#isDown(name) ? { ...facts, ready: 0, observedGeneration: facts.generation - 1 } : facts;
  }

  /** Pods that answer, and the requests/s that these were measured to serve. */
  capacityOf(cloud: Cloud): { readonly ready: number; readonly perSecond: number } {
    let ready = 0;
    let perSecond = 0;
    for (const [name, facts] of Object.entries(this.facts)) {
      if (facts.cloud !== cloud || this.#isDown(name)) continue;
      ready += facts.ready;
      perSecond += facts.ready * (this.#ratePerPod.get(name) ?? 0);
    }
    return { ready, perSecond };
  }

  /** Of each of a cloud's clusters: pods that answer, and those that would if nothing were wrong. */
  podsIn(cloud: Cloud): Readonly<Record<ClusterName, { readonly ready: number; readonly running: number }>> {
    const pods: Record<ClusterName, { ready: number; running: number }> = {};
    for (const [name, facts] of Object.entries(this.facts)) {
      if (facts.cloud !== cloud) continue;
      pods[name] = { ready: this.#isDown(name) ? 0 : facts.ready, running: this.runningOf(name) };
    }
    return pods;
  }

  runningOf(name: ClusterName): number {
    return this.#one(name).ready + (this.#pods.get(name)?.killed ?? 0);
  }

  scale(name: ClusterName, replicas: number, expectedGeneration: number | null): "done" | "found" {
    const now = this.#one(name);
    if (now.replicas === replicas) return "found";
    if (expectedGeneration !== null && now.generation !== expectedGeneration)
      throw refused("another generation", { expected: expectedGeneration, is: now.generation });
    if (expectedGeneration === null)
      this.otherGenerations.set(name, (this.otherGenerations.get(name) ?? 0) + 1);
    const pods = this.#podsOf(name);
    const running = now.ready + pods.starting + pods.killed;
    this.facts[name] = { ...now, replicas, generation: now.generation + 1 };
    if (replicas > running) this.#start(name, this.#granted(name, replicas - running));
    else this.#end(name, running - replicas);
    this.#settle(name);
    return "done";
  }

  /** One pod dies; what is wanted stays. */
  killPods(name: ClusterName, most: number): void {
    const now = this.#one(name);
    const pods = this.#podsOf(name);
    const lost = Math.min(most, now.ready);
    pods.killed += lost;
    this.facts[name] = { ...now, ready: now.ready - lost, observedGeneration: now.generation - 1 };
    this.onChange(now.cloud);
  }

  /** What was killed is started again, and what was not granted comes. */
  replace(name: ClusterName): void {
    const pods = this.#podsOf(name);
    pods.killed = 0;
    const { replicas, ready } = this.#one(name);
    const missing = (replicas ?? 0) - ready - pods.starting;
    if (missing > 0) this.#start(name, this.#granted(name, missing));
    this.#settle(name);
  }

  #granted(name: ClusterName, asked: number): number {
    const { cloud } = this.#one(name);
    if (this.#around.has("fails-late", `cluster/${name}`)) return 0;
    return this.#around.has("capacity-in-part", `cloud/${cloud}`) ? Math.floor(asked / 2) : asked;
  }

  #start(name: ClusterName, count: number): void {
    const around = this.#around;
    const pods = this.#podsOf(name);
    for (let left = count; left > 0; left -= 1) {
      pods.starting += 1;
      const late = around.has("capacity-late", `cloud/${this.#one(name).cloud}`);
      const lateMs = late ? 5 * around.draw(around.ranges.delayedCallMs) : 0;
      const inMs = around.draw(around.ranges.podReadyMs) + lateMs;
      if (late) this.lateUntilMs = Math.max(this.lateUntilMs, around.kernel.nowMs + inMs);
      around.after(inMs, () => {
        // It was given up while it started.
        if (pods.starting === 0) return;
        pods.starting -= 1;
        const now = this.#one(name);
        this.facts[name] = { ...now, ready: now.ready + 1 };
        this.#settle(name);
      });
    }
  }

  /** Pods that are still starting go first, then those that are dead, then those that serve. */
  #end(name: ClusterName, count: number): void {
    const around = this.#around;
    const pods = this.#podsOf(name);
    const fromStarting = Math.min(count, pods.starting);
    pods.starting -= fromStarting;
    const fromKilled = Math.min(count - fromStarting, pods.killed);
    pods.killed -= fromKilled;
    const ending = count - fromStarting - fromKilled;
    const now = this.#one(name);
    this.facts[name] = { ...now, ready: Math.max(0, now.ready - ending) };
    pods.ending += ending;
    for (let left = ending; left > 0; left -= 1) {
      around.after(around.draw(around.ranges.podEndsMs), () => {
        pods.ending -= 1;
        this.#settle(name);
      });
    }
  }

  #settle(name: ClusterName): void {
    const now = this.#one(name);
    const pods = this.#podsOf(name);
    const whole = pods.ending + pods.starting + pods.killed === 0 && now.ready === now.replicas;
    const observedGeneration = whole ? now.generation : Math.min(now.observedGeneration, now.generation - 1);
    this.facts[name] = { ...now, observedGeneration };
    this.onChange(now.cloud);
  }

  #isDown(name: ClusterName): boolean {
    const around = this.#around;
    if (!around.anyFault) return false;
    const { cloud } = this.#one(name);
    return (
      around.hasAt("killed", "cluster", name) ||
      around.hasAt("frozen", "cluster", name) ||
      around.hasAt("killed", "cloud", cloud) ||
      around.hasAt("data-down", "cloud", cloud)
    );
  }

  #podsOf(name: ClusterName): Pods {
    const pods = this.#pods.get(name);
    if (pods === undefined) throw refused(`no cluster ${name}`);
    return pods;
  }

  #one(name: ClusterName): ClusterFacts {
    const facts = this.facts[name];
    if (facts === undefined) throw refused(`no cluster ${name}`);
    return facts;
  }
}
