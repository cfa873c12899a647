/** Automation in memory, by the same rules as the durable one. */
import { automaticOrder } from "../domain/automatic-order.ts";
import { type AutomationState, heed, NO_AUTOMATION_YET, openRuns } from "../domain/automation.ts";
import type { Json } from "../domain/json.ts";
import type { Automation } from "../ports/automation.ts";

export function modelAutomation(of: {
  readonly now: () => number;
  readonly begin: (run: string, order: Json) => void;
}): Automation {
  let state: AutomationState = NO_AUTOMATION_YET;
  const become = async (next: AutomationState): Promise<AutomationState> => {
    state = next;
    return state;
  };
  return {
    told: async ({ news, policy, ground }) => {
      const heeded = heed(state, news, policy, of.now());
      state = heeded.state;
      for (const run of heeded.runs) of.begin(run.run, automaticOrder(run, ground));
      return { runs: heeded.runs, says: heeded.says, open: openRuns(state, news.cloud) };
    },
    show: async () => state,
    setMode: ({ action, mode, by }) =>
      become({ ...state, setByHand: { ...state.setByHand, [action]: { mode, by, atMs: of.now() } } }),
    stop: ({ by, why }) => become({ ...state, stopped: { by, why, atMs: of.now() } }),
    start: () => become({ ...state, stopped: null }),
  };
}
