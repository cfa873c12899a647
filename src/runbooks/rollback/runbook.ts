/** Replaces the page "Rollback from Azure to AWS"; README.md beside this file says which traps it avoids. */
import { z } from "zod";
import { runbook } from "../../engine/runbook.ts";
import { directionObjection, locksOf, moveService } from "../parts/move-service.ts";
import { decideRollback } from "./decide.ts";

export const rollback = runbook({
  name: "rollback",
  summary: "Bring traffic back to the inventory's weights and the primary database home, after a failover",
  input: z.strictObject({
    from: z.string(),
    to: z.string(),
    database: z.enum(["move", "stay"]).default("move"),
  }),
  locks: (_input, context) => locksOf(context),
  objection: directionObjection,
  async run(op, input, context) {
    const facts = await op.read("the world before");
    const plan = await op.plan(decideRollback(facts, input, context));
    await moveService(op, plan, context);
  },
});
