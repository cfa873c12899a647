/** The schedule in memory, by the same rules as the durable one. */
import { scheduledOrder } from "../domain/automatic-order.ts";
import type { Json } from "../domain/json.ts";
import { decide, NO_SCHEDULE_YET, type ScheduleState, whileStopped } from "../domain/schedule.ts";
import type { Automation } from "../ports/automation.ts";
import type { Schedule } from "../ports/schedule.ts";

export function modelSchedule(of: {
  readonly now: () => number;
  readonly begin: (run: string, order: Json) => void;
  readonly automation: Pick<Automation, "show">;
}): Schedule {
  let kept: ScheduleState = NO_SCHEDULE_YET;
  return {
    told: async ({ news, ground }, signal) => {
      const { stopped } = await of.automation.show(signal);
      const heeded = stopped === null ? news : whileStopped(news, stopped.by);
      const { state, ...made } = decide(kept, heeded, of.now());
      kept = state;
      for (const run of made.runs) of.begin(run.run, scheduledOrder(run, ground));
      return made;
    },
    show: async () => kept,
  };
}
