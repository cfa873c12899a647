import type { Json } from "../domain/json.ts";
import { scheduleContract } from "../ports/schedule.contract.ts";
import { modelAutomation } from "./model-automation.ts";
import { modelSchedule } from "./model-schedule.ts";

scheduleContract("the schedule in memory", () => {
  const begun: Record<string, Json> = {};
  let nowMs = 1_700_000_000_000;
  const automation = modelAutomation({ now: () => nowMs, begin: () => undefined });
  return {
    automation,
    schedule: modelSchedule({
      automation,
      now: () => nowMs,
      begin: (run, order) => {
        begun[run] = order;
      },
    }),
    begun: async () => begun,
    pass: (ms) => {
      nowMs += ms;
    },
    die: async () => undefined,
    close: async () => undefined,
  };
});
