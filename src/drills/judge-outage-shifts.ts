/** Each change of the weights, by the edge's own account. */
import type { Facts } from "./judge-facts.ts";
import { findWeights, type Weights } from "./judge-weights.ts";

export type Shift = {
  readonly time: number;
  readonly key: string;
  readonly before: Weights;
  readonly after: Weights;
};

/** In order of time; the first one's `before` is what the inventory states. */
export function shiftsOf({ records }: Facts): Shift[] {
  const { intent, effects } = records;
  const clouds = [...intent.statedWeights.keys()];
  const shifts: Shift[] = [];
  for (const { op, result, time, key, answer } of effects) {
    const after = op === "set-weights" && result === "done" ? findWeights(answer, clouds) : null;
    if (after === null || time < intent.startedAtMs) continue;
    const before = shifts.at(-1)?.after ?? Object.fromEntries(intent.statedWeights);
    shifts.push({ time, key, before, after });
  }
  return shifts;
}
