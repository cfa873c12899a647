/** Replaces the page "Manual Failover from AWS to Azure"; README.md beside this file says which traps it avoids. */
import { z } from "zod";
import { runbook } from "../../engine/runbook.ts";
import { directionObjection, locksOf, moveService } from "../parts/move-service.ts";
import { decideFailover } from "./decide.ts";

export const manualFailover = runbook({
  name: "manual-failover",
  summary: "Move live traffic, and the primary database with it, from one cloud to another",
  input: z.strictObject({
    from: z.string(),
    to: z.string(),
    database: z.enum(["move", "stay"]).default("move"),
  }),
  locks: (_input, context) => locksOf(context),
  objection: directionObjection,
  async run(op, input, context) {
    const facts = await op.read("the world before");
    const plan = await op.plan(decideFailover(facts, input, context));
    await moveService(op, plan, context);
  },
});
