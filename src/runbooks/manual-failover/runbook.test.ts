import { runbookSuite } from "../runbook.contract.ts";
import { manualFailover } from "./runbook.ts";

runbookSuite("manual-failover", {
  runbook: manualFailover,
  input: { from: "aws", to: "azure" },
  arrange: async () => undefined,
});

runbookSuite("manual-failover without the database", {
  runbook: manualFailover,
  input: { from: "gcp", to: "aws", database: "stay" },
  arrange: async () => undefined,
});
