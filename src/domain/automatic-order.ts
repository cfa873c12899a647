/** The order that a run goes by which nobody asked for by hand. */
import type { AutomaticRun } from "./automation.ts";
import type { JsonObject } from "./json.ts";

/** In whose name they are. No human is behind it, so that anybody who may approve can. */
export const AUTOMATION = "automation";

/** In whose name scheduled runs are. */
export const SCHEDULE = "schedule";

/** Who begins runs without a person: one command stops them all. */
export const BEGUN_BY_ITSELF: readonly string[] = [AUTOMATION, SCHEDULE];

/** `ground`: code, inventory and profile that the run begins with. */
export function automaticOrder(run: AutomaticRun, ground: JsonObject): JsonObject {
  const { runbook, input, mode, policy, preempt } = run;
  return {
    runbook,
    input,
    requestedBy: AUTOMATION,
    requestedByHuman: "",
    planHash: null,
    // What cannot take its locks by force waits its turn: nobody is there to try again.
    waitForLocks: true,
    preempt,
    overrides: [],
    automatic: { mode, policy },
    ...ground,
  };
}

/** A scheduled run that finds its locks taken is refused: whoever took them a moment ago goes first. */
export function scheduledOrder(run: AutomaticRun, ground: JsonObject): JsonObject {
  return { ...automaticOrder(run, ground), requestedBy: SCHEDULE, waitForLocks: false };
}
