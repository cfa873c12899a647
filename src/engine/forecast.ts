/** How long each step of a plan may be expected to take: its hold, past steps of its kind, or the driver's own word. */
import type { StatedDurations } from "../ports/stated.ts";
import { actKey, CHECK_KEY, type Durations, type Expected, expectedOf } from "./durations.ts";
import { isAct, type Plan, type PlannedStep } from "./planning.ts";

export type Forecast = {
  /** One for each step of the plan, in its order; null where nothing is known of it, or it takes no time of its own. */
  readonly steps: readonly (Expected | null)[];
  /** ms of all steps that are known, one after the other. */
  readonly typicalMs: number;
};

export function forecastOf(plan: Plan, past: Durations, stated: StatedDurations): Forecast {
  const steps = plan.steps.map((step) => expectedFor(step, past, stated));
  return { steps, typicalMs: steps.reduce((sum, one) => sum + (one?.typicalMs ?? 0), 0) };
}

function expectedFor(step: PlannedStep, past: Durations, stated: StatedDurations): Expected | null {
  if (isAct(step)) {
    const word = stated[step.op];
    return expectedOf(past, actKey(step.op)) ?? (word === undefined ? null : { ...word, seen: 0 });
  }
  switch (step.kind) {
    case "hold":
      return step.forMs === null ? null : { typicalMs: step.forMs, mostMs: step.forMs, seen: 0 };
    case "check":
      return expectedOf(past, CHECK_KEY);
    case "read":
    case "keep":
    case "notify":
    case "pivot":
      return null;
  }
}
