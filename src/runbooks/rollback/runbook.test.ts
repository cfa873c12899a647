import { hostilitySuite } from "../hostility.contract.ts";
import { runbookSuite, type SuiteCase } from "../runbook.contract.ts";
import { manualFailover } from "../manual-failover/runbook.ts";
import { rollback } from "./runbook.ts";

const back: SuiteCase = {
  runbook: rollback,
  input: { from: "azure", to: "aws" },
  arrange: async (bench) => {
    const end = await bench.run(bench.bind(manualFailover, { from: "aws", to: "azure" }));
    if (end.outcome !== "completed")
      throw new Error(`the failover before it ended ${end.outcome}: ${end.why}`);
  },
};

runbookSuite("rollback", back);
hostilitySuite("rollback", back);
