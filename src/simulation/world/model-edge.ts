/**
 * The edge: a traffic policy, weights that are in force somewhat later, resolvers that keep old answers, and requests that
 * go where the answer points. What a cloud does not answer is sent elsewhere once, within a budget of a fifth.
 */
import type { Cloud, Weights } from "../../domain/snapshot.ts";
import { checkWeights, sameWeights } from "../../domain/weights.ts";
import type { SetWeights, TrafficPolicy } from "../../ports/edge.ts";
import { refused, terminal } from "../../ports/errors.ts";
import type { EdgeHistory } from "./edge-history.ts";
import type { Surroundings } from "./surroundings.ts";

export type CloudService = {
  /** How a request that is sent to that cloud goes. */
  serve(cloud: Cloud): { readonly ok: boolean; readonly tookMs: number };
};

type Resolver = { cloud: Cloud | null; untilMs: number; readonly ignores: boolean };

const RESOLVERS = 32;
const EARNED_PER_REQUEST = 0.2;
const SAVED_MOST = 400;
const SAVED_FIRST = 10;

export class ModelEdge {
  policy: TrafficPolicy;
  inForce: Weights;
  /** All weights that ever were in force. */
  readonly policies: Weights[] = [];
  /** Versions that no effect made: a person's, or a change that the edge took back. */
  otherVersions = 0;
  readonly history: EdgeHistory;
  readonly #clouds: readonly Cloud[];
  readonly #service: CloudService;
  readonly #around: Surroundings;
  readonly #resolvers: readonly Resolver[];
  #saved = SAVED_FIRST;
  #changes = 0;

  constructor(of: {
    readonly policy: TrafficPolicy;
    readonly clouds: readonly Cloud[];
    readonly history: EdgeHistory;
    readonly service: CloudService;
    readonly around: Surroundings;
  }) {
    this.policy = of.policy;
    this.inForce = of.policy.weights;
    this.history = of.history;
    this.#clouds = of.clouds;
    this.#service = of.service;
    this.#around = of.around;
    const ignoring = Math.round(RESOLVERS * of.around.ranges.ignoringShare);
    this.#resolvers = Array.from({ length: RESOLVERS }, (_, at) => ({
      cloud: null,
      untilMs: 0,
      ignores: at < ignoring,
    }));
  }

  /** An effector's part: compare and set. */
  setWeights({ weights, expectedVersion, token, setBy, why }: SetWeights): "done" | "found" {
    const problems = checkWeights(weights, this.#clouds);
    if (problems.length > 0) throw terminal(problems.join("; "), { weights });
    if (sameWeights(weights, this.policy.weights)) return "found";
    if (expectedVersion !== this.policy.version)
      throw refused("another version", { expected: expectedVersion, is: this.policy.version });
    const before = this.policy.weights;
    const { epoch } = token;
    this.#change({ weights, epoch, setBy, why }, "effect");
    if (this.#around.has("fails-late", "edge")) this.#takeBackLate(before);
    return "done";
  }

  /** By a person, at the edge itself: no token, no version asked for. */
  setByHand(weights: Weights, setBy: string): void {
    this.otherVersions += 1;
    this.#change({ weights, epoch: this.policy.epoch, setBy, why: "by hand" }, "hand");
  }

  /** The whole policy is another now, by whatever cause outside of this world. */
  replace(policy: TrafficPolicy): void {
    this.otherVersions += policy.version - this.policy.version;
    this.policy = policy;
    this.#putInForce(policy.weights, "hand");
  }

  /** One client's request. Answers whether it was answered well, and by whom. */
  request(): { readonly ok: boolean; readonly cloud: Cloud; readonly attempts: number } {
    this.#saved = Math.min(SAVED_MOST, this.#saved + EARNED_PER_REQUEST);
    const first = this.#answer();
    const { ok, tookMs } = this.#service.serve(first);
    if (ok || this.#saved < 1) return this.#told({ ok, cloud: first, attempts: 1 }, tookMs);
    this.#saved -= 1;
    const other = this.#elsewhere(first);
    if (other === null) return this.#told({ ok, cloud: first, attempts: 1 }, tookMs);
    const again = this.#service.serve(other);
    return this.#told({ ok: again.ok, cloud: other, attempts: 2 }, tookMs + again.tookMs);
  }

  #told<T extends { readonly ok: boolean; readonly attempts: number }>(told: T, tookMs: number): T {
    this.history.note(this.#around.kernel.nowMs, told.ok, tookMs);
    this.#around.emit({ kind: "request", ok: told.ok, attempts: told.attempts });
    return told;
  }

  /** What a resolver answers: it keeps an answer for its TTL, or for as long as it pleases. */
  #answer(): Cloud {
    const { ranges, random, kernel } = this.#around;
    const pinned = this.#around.has("ignored-ttl", "resolver");
    if (ranges.resolverTtlMs[1] === 0 && !pinned) return this.#drawn();
    const resolver = this.#resolvers[random.below(RESOLVERS)];
    if (resolver === undefined) return this.#drawn();
    const keeps = resolver.untilMs > kernel.nowMs || (pinned && resolver.ignores);
    if (resolver.cloud !== null && keeps) return resolver.cloud;
    resolver.cloud = this.#drawn();
    resolver.untilMs = kernel.nowMs + this.#around.draw(ranges.resolverTtlMs);
    return resolver.cloud;
  }

  /** Resolvers that ignore the TTL hold what they were answered before that began. */
  pin(): void {
    for (const resolver of this.#resolvers) if (resolver.ignores) resolver.cloud = this.#drawn();
  }

  #drawn(): Cloud {
    let point = this.#around.random.next() * 100;
    for (const cloud of this.#clouds) {
      point -= this.inForce[cloud] ?? 0;
      if (point < 0) return cloud;
    }
    return this.#clouds.at(-1) ?? "";
  }

  #elsewhere(than: Cloud): Cloud | null {
    const others = this.#clouds.filter((cloud) => cloud !== than);
    const weighted = others.filter((cloud) => (this.inForce[cloud] ?? 0) > 0);
    const from = weighted.length > 0 ? weighted : others;
    return from.length === 0 ? null : this.#around.random.pick(from);
  }

  #change(
    change: Pick<TrafficPolicy, "weights" | "epoch" | "setBy" | "why">,
    by: "effect" | "hand" | "itself",
  ): void {
    const around = this.#around;
    const setAtMs = around.kernel.nowMs + around.skewMs("edge");
    this.policy = { ...change, version: this.policy.version + 1, setAtMs };
    this.#changes += 1;
    const own = this.#changes;
    around.after(around.draw(around.ranges.weightsInForceMs), () => {
      // A later change came into force first.
      if (own === this.#changes) this.#putInForce(change.weights, by);
    });
  }

  #putInForce(weights: Weights, by: "effect" | "hand" | "itself"): void {
    this.inForce = weights;
    this.policies.push(weights);
    this.#around.emit({ kind: "weights", by });
  }

  /** An operation that was accepted and fails behind its caller's back. */
  #takeBackLate(weights: Weights): void {
    const around = this.#around;
    const { version, epoch } = this.policy;
    around.after(Math.max(1, around.draw(around.ranges.delayedCallMs)), () => {
      if (this.policy.version !== version) return;
      this.otherVersions += 1;
      this.#change({ weights, epoch, setBy: "edge", why: "the change was rolled back" }, "itself");
    });
  }
}
