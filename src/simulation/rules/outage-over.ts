/**
 * What holds once a run that survived an outage says that it is done: a cloud that is dead while somebody else serves has no
 * weight any more (L3; that these weights come into force is L6's), and those that are left could lose another and go on, as far
 * as they can grow (S17).
 *
 * How runs ended is told from outside, and what an inventory allows a cluster at most. Where any other fault was there than
 * the loss of a cloud and troubles of databases, or somebody changed things by hand, nothing is asked: all of these hide, take
 * or ask for capacity, or keep a run from seeing what there is, and it did what could be done. Nor is capacity asked for where
 * another cloud was lost as well, be it for a moment: whoever planned in that moment could not count on it.
 */
import type { Cloud } from "../../domain/snapshot.ts";
import type { Violation } from "../checkers.ts";
import type { WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Rule } from "./rule.ts";

/** By cluster: where it is, what a pod was measured to serve, and how many it may have. */
export type Growth = Readonly<
  Record<string, { readonly cloud: Cloud; readonly perSecond: number; readonly most: number }>
>;

/** What a run is asked for all the same: the outage itself, and databases, which serve no request. */
const NO_EXCUSE = /^(process\/killed@cloud|database)\//;

const KILLED = /^process\/killed@cloud\/(.*)$/;

export class OutageOver {
  readonly rule: Rule;
  readonly #world: ModelWorld;
  readonly #growth: Growth;
  readonly #found: Violation[] = [];
  readonly #lost = new Set<Cloud>();
  #disturbed = false;

  constructor(world: ModelWorld, growth: Growth) {
    this.#world = world;
    this.#growth = growth;
    this.rule = { invariant: "S17", kinds: ["fault", "by-hand"], after: (event) => this.#after(event) };
  }

  violations(): readonly Violation[] {
    return this.#found;
  }

  survived(run: string, lost: Cloud): void {
    const { policy, service } = this.#world;
    const clouds = Object.keys(policy.weights);
    const left = clouds.filter((cloud) => cloud !== lost && service.serves(cloud));
    if (this.#disturbed || service.serves(lost) || left.length === 0) return;
    const share = policy.weights[lost] ?? 0;
    if (share > 0)
      this.#found.push({
        invariant: "L3",
        what: `${run} is done, and ${lost}, which is dead, has ${share} % of the traffic`,
      });
    if (left.length < 2 || [...this.#lost].some((cloud) => cloud !== lost)) return;
    for (const another of left) this.#loseAnother(run, left, another);
  }

  #loseAnother(run: string, left: readonly Cloud[], another: Cloud): void {
    const rest = left.filter((cloud) => cloud !== another);
    const demand = this.#world.requestsPerSecond;
    const sum = (of: (cloud: Cloud) => number): number => rest.reduce((total, cloud) => total + of(cloud), 0);
    const able = sum((cloud) => this.#world.service.capacityOf(cloud));
    const most = sum((cloud) => this.#mostOf(cloud));
    if (able >= Math.min(demand, most)) return;
    const what = `${run} is done, and without ${another} as well ${able} of ${demand} requests/s could be served`;
    this.#found.push({ invariant: "S17", what });
  }

  #mostOf(cloud: Cloud): number {
    let most = 0;
    for (const [name, { cloud: at, perSecond, most: pods }] of Object.entries(this.#growth))
      if (at === cloud && this.#world.clusters[name] !== undefined) most += perSecond * pods;
    return most;
  }

  #after(event: WorldEvent): null {
    if (event.kind === "by-hand") this.#disturbed = true;
    if (event.kind !== "fault") return null;
    if (!NO_EXCUSE.test(event.name)) this.#disturbed = true;
    const cloud = KILLED.exec(event.name)?.[1];
    if (cloud !== undefined) this.#lost.add(cloud);
    return null;
  }
}
