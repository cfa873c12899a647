/**
 * Which pod gets a request: first a cloud by weight, then the least busy of its pods. Pure; who calls keeps the state.
 *
 * 1. Only clouds with weight > 0 and a ready pod take part, so the share of a cloud without one goes to the others by their weights.
 * 2. If none takes part, any cloud with a ready pod serves (fail open), and the choice says so.
 * 3. Suspects (pods that have been silent for a moment) serve only when no pod is ready anywhere.
 * 4. A retry never goes to a pod that it has tried; it avoids the clouds that it is told to, where it can.
 *
 * Weights are kept by smooth weighted round robin (as nginx does it): over each 100 turns every cloud gets exactly its weight,
 * spread evenly. It needs no randomness, so a short window already shows the shares that were set.
 */
import type { Weights } from "./weights.ts";

/** Each cloud's credit. The caller passes back what it was given. */
export type Wheel = Readonly<Record<string, number>>;

/** Gives the turn to one of the clouds that take part, each as often as its weight says. Null when none does. */
export function turnWheel(
  wheel: Wheel,
  weights: Weights,
  takingPart: readonly string[],
): { cloud: string; wheel: Wheel } | null {
  let best: string | null = null;
  let total = 0;
  const next: Record<string, number> = { ...wheel };
  for (const cloud of takingPart) {
    const weight = weights[cloud] ?? 0;
    const credit = (next[cloud] ?? 0) + weight;
    next[cloud] = credit;
    total += weight;
    if (best === null || credit > (next[best] ?? 0)) best = cloud;
  }
  if (best === null) return null;
  next[best] = (next[best] ?? 0) - total;
  return { cloud: best, wheel: next };
}

/** What routing needs to know of a pod: `load` is its requests in flight, `chosenAt` the turn in which it was last chosen. */
export type Routable = Readonly<{ cloud: string; state: string; load: number; chosenAt: number }>;

export type Situation = "by-weight" | "fail-open" | "suspects-only";

export type Choice<Pod> = Readonly<{ pod: Pod; wheel: Wheel; situation: Situation }>;

export type Wish<Pod> = Readonly<{
  weights: Weights;
  wheel: Wheel;
  tried: readonly Pod[];
  avoidClouds: readonly string[];
}>;

/** The pod for a request, or null when nobody can serve it. */
export function choosePod<Pod extends Routable>(pods: readonly Pod[], wish: Wish<Pod>): Choice<Pod> | null {
  const untried = wish.tried.length === 0 ? pods : pods.filter((pod) => !wish.tried.includes(pod));
  const ready = untried.filter((pod) => pod.state === "ready");
  const weighted = chooseAmong(ready, wish, wish.weights);
  if (weighted !== null) return { ...weighted, situation: "by-weight" };
  const open = chooseAmong(ready, wish, equalWeights(ready));
  if (open !== null) return { ...open, situation: "fail-open" };
  const suspects = untried.filter((pod) => pod.state === "suspect");
  const last =
    chooseAmong(suspects, wish, wish.weights) ?? chooseAmong(suspects, wish, equalWeights(suspects));
  return last === null ? null : { ...last, situation: "suspects-only" };
}

function chooseAmong<Pod extends Routable>(
  pods: readonly Pod[],
  wish: Wish<Pod>,
  weights: Weights,
): { pod: Pod; wheel: Wheel } | null {
  const clouds: string[] = [];
  for (const { cloud } of pods) if ((weights[cloud] ?? 0) > 0 && !clouds.includes(cloud)) clouds.push(cloud);
  const preferred = clouds.filter((cloud) => !wish.avoidClouds.includes(cloud));
  const turned = turnWheel(wish.wheel, weights, preferred.length > 0 ? preferred : clouds);
  if (turned === null) return null;
  const pod = leastBusy(pods.filter((one) => one.cloud === turned.cloud));
  return pod === null ? null : { pod, wheel: turned.wheel };
}

/** The pod with the fewest requests in flight; among equals the one whose last turn is longest ago. */
function leastBusy<Pod extends Routable>(pods: readonly Pod[]): Pod | null {
  let best: Pod | null = null;
  for (const pod of pods) {
    if (best === null || pod.load < best.load || (pod.load === best.load && pod.chosenAt < best.chosenAt))
      best = pod;
  }
  return best;
}

function equalWeights(pods: readonly Routable[]): Weights {
  return Object.fromEntries(pods.map(({ cloud }) => [cloud, 1]));
}
