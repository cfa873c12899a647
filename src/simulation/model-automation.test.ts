import type { Json } from "../domain/json.ts";
import { automationContract } from "../ports/automation.contract.ts";
import { modelAutomation } from "./model-automation.ts";

automationContract("automation in memory", () => {
  const begun: Json[] = [];
  return {
    automation: modelAutomation({ now: () => 1_000, begin: (_run, order) => begun.push(order) }),
    begun: async () => begun,
    close: async () => undefined,
  };
});
