/** The order that a run goes by which nobody asked for by hand. */
import type { AutomaticRun } from "./automation.ts";
import type { JsonObject } from "./json.ts";

/** In whose name they are. No human is behind it, so that anybody who may approve can. */
export const AUTOMATION = "automation";

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
