import type { Json } from "../../domain/json.ts";
import { automationContract } from "../../ports/automation.contract.ts";
import { automationObject, restateAutomation } from "./automation.ts";
import { runWorkflow } from "./run-workflow.ts";
import { startTemporaryRestate } from "./testing/temporary-restate.ts";

automationContract("automation in the durable engine", async () => {
  const begun = new Map<string, Json>();
  const workflow = runWorkflow(async (journal, order) => {
    begun.set(journal.run, order);
    return null;
  });
  const restate = await startTemporaryRestate([workflow, automationObject]);
  return {
    automation: restateAutomation(restate.ingressUrl),
    // Of the first outage: the others are of other tests.
    begun: async () => [...begun].filter(([run]) => run.includes("-aws-")).map(([, order]) => order),
    close: () => restate.stop(),
  };
});
