import type { Json } from "../../domain/json.ts";
import { scheduleContract } from "../../ports/schedule.contract.ts";
import { automationObject, restateAutomation } from "./automation.ts";
import { runWorkflow } from "./run-workflow.ts";
import { restateSchedule, scheduleObject } from "./schedule.ts";
import { startTemporaryRestate } from "./testing/temporary-restate.ts";

scheduleContract("the schedule in the durable engine, which is killed", async () => {
  const begun: Record<string, Json> = {};
  let aheadMs = 0;
  const workflow = runWorkflow(async (journal, order) => {
    begun[journal.run] = order;
    return null;
  });
  const restate = await startTemporaryRestate([
    workflow,
    automationObject,
    scheduleObject(() => Date.now() + aheadMs),
  ]);
  return {
    automation: restateAutomation(restate.ingressUrl),
    schedule: restateSchedule(restate.ingressUrl),
    begun: async () => begun,
    pass: (ms) => {
      aheadMs += ms;
    },
    die: () => restate.die(),
    close: () => restate.stop(),
  };
});
