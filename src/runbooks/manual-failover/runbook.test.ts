import { hostilityCanTurnRed, hostilitySuite } from "../hostility.contract.ts";
import { runbookSuite, type SuiteCase } from "../runbook.contract.ts";
import { manualFailover } from "./runbook.ts";

const away: SuiteCase = {
  runbook: manualFailover,
  input: { from: "aws", to: "azure" },
  arrange: async () => undefined,
};

runbookSuite("manual-failover", away);
hostilitySuite("manual-failover", away);
hostilityCanTurnRed("manual-failover", away);

runbookSuite("manual-failover without the database", {
  runbook: manualFailover,
  input: { from: "gcp", to: "aws", database: "stay" },
  arrange: async () => undefined,
});
