/** S5, S6, S17: what the weights ask of each cloud, whom they leave, and how many are drained on purpose. */
import type { Cloud, Weights } from "../../domain/snapshot.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Rule } from "./rule.ts";

/** Faults that take capacity away, ask for more than is usual, or change weights behind everybody's back. */
const TAKES_CAPACITY: ReadonlySet<string> = new Set([
  "pod-killed",
  "killed",
  "frozen",
  "data-down",
  "edge-cut",
  "capacity-in-part",
  "capacity-late",
  "fails-late",
  "surge",
  "changes-weights",
  "scales",
]);

/** With these a cloud that serves is told to be down: what it can serve then counts for nothing, and may be taken away. */
const TOLD_DOWN: ReadonlySet<string> = new Set(["lies-down", "oscillates"]);

/** Guards look, and their act lands a moment later: what a fault took in between was there when they looked. */
const FROM_LOOK_TO_ACT_MS = 1_000;

/** Faults that make it impossible to know who serves. */
const HIDES_WHO_SERVES: ReadonlySet<string> = new Set([
  ...TAKES_CAPACITY,
  "lies-healthy",
  "lies-down",
  "lies-degraded",
  "oscillates",
  "unseen",
]);

const ROUNDING_PER_SECOND = 1e-6;

/**
 * Weight x demand is within ready capacity x headroom in every cloud, at every moment. Exempt from a fault that takes
 * capacity away on, or somebody's hand, until that is over and the rule holds again. And for as long as weights that are
 * set are not in force, where they would carry: an edge says what it was told, and nobody can ask it what is in force.
 */
export function capacityCarries(
  world: ModelWorld,
  { headroomPercent, now }: { readonly headroomPercent: number; readonly now: () => number },
): Rule {
  const short = () => shortfall(world, headroomPercent, world.edge.inForce);
  // What is set and not in force yet will ask for it in a moment.
  const willBeShort = () => shortfall(world, headroomPercent, world.policy.weights) !== null;
  let exempt = short() !== null;
  let byHand = world.otherChanges.replicas;
  const takesAway = () => world.faults.some(({ kind }) => TAKES_CAPACITY.has(kind) || TOLD_DOWN.has(kind));
  let takenAtMs = Number.NEGATIVE_INFINITY;
  return {
    invariant: "S5",
    kinds: ["weights", "capacity", "demand", "fault"],
    after(event) {
      if (event.kind === "weights" && event.by !== "effect") exempt = true;
      const changes = world.otherChanges.replicas;
      if (changes !== byHand) exempt = true;
      byHand = changes;
      const isOver = !takesAway();
      if (!isOver) {
        exempt = true;
        takenAtMs = now();
      }
      const what = short();
      if (what !== null && now() - takenAtMs <= FROM_LOOK_TO_ACT_MS) exempt = true;
      if (exempt && what === null && isOver && !willBeShort()) exempt = false;
      return exempt || (what !== null && !willBeShort()) ? null : what;
    },
  };
}

function shortfall(world: ModelWorld, headroomPercent: number, weights: Weights): string | null {
  const demand = world.requestsPerSecond;
  for (const cloud of Object.keys(weights)) {
    const asked = (demand * (weights[cloud] ?? 0)) / 100;
    const able = (world.service.capacityOf(cloud) * (100 + headroomPercent)) / 100;
    if (asked > able + ROUNDING_PER_SECOND)
      return `${cloud} is asked for ${asked} requests/s and can serve ${able}`;
  }
  return null;
}

/** Weights are whole, never all zero, and never leave everybody who still serves. */
export function somebodyServes(world: ModelWorld): Rule {
  return {
    invariant: "S6",
    kinds: ["weights"],
    after(event) {
      const { inForce } = world.edge;
      const broken = brokenWeights(inForce);
      if (broken !== null) return broken;
      const hidden = world.faults.some(({ kind }) => HIDES_WHO_SERVES.has(kind));
      if (event.kind !== "weights" || event.by !== "effect" || hidden) return null;
      const clouds = Object.keys(inForce);
      const serving = clouds.filter((cloud) => world.service.serves(cloud));
      if (serving.length === 0 || serving.some((cloud) => (inForce[cloud] ?? 0) > 0)) return null;
      return `weights ${JSON.stringify(inForce)} leave ${serving.join(" and ")}, and nobody else serves`;
    },
  };
}

export function brokenWeights(weights: Weights): string | null {
  const points = Object.values(weights);
  const sum = points.reduce((total, one) => total + one, 0);
  const whole = sum === 100 && points.every((one) => Number.isInteger(one) && one >= 0);
  return whole ? null : `weights ${JSON.stringify(weights)}`;
}

/** A cloud that serves and is given no traffic by an effect is drained on purpose: at most so many are at a time. */
export function fewDrained(world: ModelWorld, most: number): Rule {
  let before = world.edge.inForce;
  const drained = new Set<Cloud>();
  return {
    invariant: "S17",
    kinds: ["weights"],
    after(event) {
      const { inForce } = world.edge;
      for (const cloud of Object.keys(inForce)) {
        if ((inForce[cloud] ?? 0) > 0) drained.delete(cloud);
        else if ((before[cloud] ?? 0) > 0 && event.kind === "weights" && event.by === "effect") {
          if (world.service.serves(cloud)) drained.add(cloud);
        }
      }
      before = inForce;
      return drained.size > most ? `${[...drained].join(" and ")} are drained at one time` : null;
    },
  };
}
