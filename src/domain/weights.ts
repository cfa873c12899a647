/**
 * Weights, the share of traffic per cloud, and the ways from one set of weights to another in bounded steps.
 *
 * 1. Weights are whole numbers from 0 to 100, one for every cloud, that sum to 100 (so never all zero).
 * 2. A way is a list of the weights after each step; it does not hold the beginning, and it ends exactly at the aim.
 * 3. No step moves more than `step` points in total, and no cloud's share ever goes the wrong way.
 * 4. The same input gives the same way, whatever the order of keys: plans are hashed.
 */
import type { Cloud, Weights } from "./snapshot.ts";

/** What is wrong with `weights` for these clouds, a sentence each; nothing when they may be set. */
export function checkWeights(weights: Weights, clouds: readonly Cloud[]): string[] {
  const problems: string[] = [];
  for (const cloud of clouds) {
    if (!Object.hasOwn(weights, cloud)) problems.push(`cloud ${cloud} has no weight`);
  }
  for (const [cloud, share] of Object.entries(weights)) {
    if (!clouds.includes(cloud)) problems.push(`there is no cloud ${JSON.stringify(cloud)}`);
    const isShare = Number.isInteger(share) && share >= 0 && share <= 100;
    if (!isShare) problems.push(`the weight of ${cloud} is ${share}, not a whole number from 0 to 100`);
  }
  const sum = Object.values(weights).reduce((total, share) => total + share, 0);
  if (sum !== 100) problems.push(`the weights sum to ${sum}, not to 100`);
  return problems;
}

/**
 * Moves all of `source`'s share to `target`, at most `step` points at a time; every other cloud keeps its share.
 * Empty when the source has none. Throws RangeError on weights that break invariant 1, an unknown cloud, a source
 * that is its own target, or a step that is no whole number from 1 to 100.
 */
export function shiftSteps(shift: {
  readonly from: Weights;
  readonly source: Cloud;
  readonly target: Cloud;
  readonly step: number;
}): Weights[] {
  const { from, source, target, step } = shift;
  requireWeights(from, Object.keys(from));
  for (const cloud of [source, target]) {
    if (!Object.hasOwn(from, cloud)) throw new RangeError(`there is no cloud ${JSON.stringify(cloud)}`);
  }
  if (source === target) throw new RangeError(`source and target are both ${source}`);
  const to = { ...from, [source]: 0, [target]: shareOf(from, target) + shareOf(from, source) };
  return shiftTowards({ from, to, step });
}

/**
 * The way from one set of weights to another. Where several clouds give or take, those first in the alphabet come
 * first. Throws RangeError on weights that break invariant 1, name different clouds, or a bad step.
 */
export function shiftTowards(shift: {
  readonly from: Weights;
  readonly to: Weights;
  readonly step: number;
}): Weights[] {
  const { from, to, step } = shift;
  if (!Number.isInteger(step) || step < 1 || step > 100) {
    throw new RangeError(`expected a step of 1 to 100 points, got ${step}`);
  }
  const clouds = Object.keys(from);
  requireWeights(from, clouds);
  requireWeights(to, clouds);
  const total = movedPoints(from, to);
  const steps: Weights[] = [];
  for (
    let moved = Math.min(step, total);
    steps.length < Math.ceil(total / step);
    moved = Math.min(moved + step, total)
  ) {
    steps.push(weightsAfter(from, to, moved));
  }
  return steps;
}

/**
 * `cloud`'s share goes to the others among `takers`, in proportion to what they have (equally where they have nothing); every
 * other cloud keeps its share. Throws RangeError on weights that break invariant 1, or where nobody could take it.
 */
export function withoutCloud(from: Weights, cloud: Cloud, takers: readonly Cloud[]): Weights {
  requireWeights(from, Object.keys(from));
  const fit = takers.filter((taker) => taker !== cloud && Object.hasOwn(from, taker));
  if (fit.length === 0) throw new RangeError(`nobody could take the share of ${cloud}`);
  const after: Record<Cloud, number> = { ...from, [cloud]: 0 };
  for (const [taker, points] of partsOf(shareOf(from, cloud), from, fit))
    after[taker] = shareOf(from, taker) + points;
  return after;
}

/**
 * `cloud` gets that many points; the others have the rest, in proportion to what they have now, and who has nothing still has
 * nothing. Where nobody else has anything it gets all. Throws RangeError on weights that break invariant 1, or a bad share.
 */
export function withShare(from: Weights, cloud: Cloud, share: number): Weights {
  requireWeights(from, Object.keys(from));
  const others = Object.keys(from).filter((name) => name !== cloud && shareOf(from, name) > 0);
  const own = others.length === 0 ? 100 : share;
  const after: Record<Cloud, number> = { ...from, [cloud]: own };
  for (const [name, points] of partsOf(100 - own, from, others)) after[name] = points;
  requireWeights(after, Object.keys(from));
  return after;
}

/**
 * `points` in whole parts, in proportion to what each of `takers` has in `from`, equally where none has anything. Fractions go
 * to the largest remainders, the first of equals in the alphabet.
 */
export function partsOf(points: number, from: Weights, takers: readonly Cloud[]): Map<Cloud, number> {
  const total = takers.reduce((sum, taker) => sum + shareOf(from, taker), 0);
  const exact = takers.toSorted().map((taker) => {
    const part = total === 0 ? points / takers.length : (points * shareOf(from, taker)) / total;
    return { taker, whole: Math.floor(part), rest: part - Math.floor(part) };
  });
  let left = points - exact.reduce((sum, { whole }) => sum + whole, 0);
  const parts = new Map<Cloud, number>();
  for (const { taker, whole } of exact.sort((one, other) => other.rest - one.rest)) {
    parts.set(taker, whole + (left > 0 ? 1 : 0));
    left -= 1;
  }
  return parts;
}

/** How many points of the total change clouds between the two. */
export function movedPoints(from: Weights, to: Weights): number {
  return increases(from, to).reduce((total, { points }) => total + points, 0);
}

/** The clouds that gain, in the order of the alphabet, and by how many points. */
export function increases(from: Weights, to: Weights): { readonly cloud: Cloud; readonly points: number }[] {
  return Object.keys(to)
    .sort()
    .map((cloud) => ({ cloud, points: shareOf(to, cloud) - shareOf(from, cloud) }))
    .filter(({ points }) => points > 0);
}

/** The cloud that gains most (the first of equals in the alphabet); undefined when none gains. */
export function largestIncrease(
  from: Weights,
  to: Weights,
): { readonly cloud: Cloud; readonly points: number } | undefined {
  return increases(from, to).reduce<{ cloud: Cloud; points: number } | undefined>(
    (largest, gain) => (largest === undefined || gain.points > largest.points ? gain : largest),
    undefined,
  );
}

/** Equal shares for the same clouds, whatever the order of keys. */
export function sameWeights(left: Weights, right: Weights): boolean {
  const clouds = Object.keys(left);
  return clouds.length === Object.keys(right).length && clouds.every((cloud) => left[cloud] === right[cloud]);
}

/** The weights once `moved` points have left the givers and reached the takers, each in the order of the alphabet. */
function weightsAfter(from: Weights, to: Weights, moved: number): Weights {
  let toTake = moved;
  let toGive = moved;
  const after = new Map<Cloud, number>();
  for (const cloud of Object.keys(from).sort()) {
    const share = shareOf(from, cloud);
    const change = shareOf(to, cloud) - share;
    const taken = Math.min(Math.max(change, 0), toTake);
    const given = Math.min(Math.max(-change, 0), toGive);
    toTake -= taken;
    toGive -= given;
    after.set(cloud, share + taken - given);
  }
  return Object.fromEntries(after);
}

function shareOf(weights: Weights, cloud: Cloud): number {
  return weights[cloud] ?? 0;
}

function requireWeights(weights: Weights, clouds: readonly Cloud[]): void {
  const problems = checkWeights(weights, clouds);
  if (problems.length > 0) throw new RangeError(problems.join("; "));
}
