/** Replaces "Recovery Actions" of the page "Complete Cloud Provider Outage"; README.md beside this file says which traps it avoids. */
import { z } from "zod";
import { runbook } from "../../engine/runbook.ts";
import { locksOf, shiftInSteps } from "../parts/move-service.ts";
import { movePrimary } from "../parts/primary-move.ts";
import { cloudObjection } from "../survive-outage/runbook.ts";
import { decideRestoration } from "./decide.ts";

export const restoreTraffic = runbook({
  name: "restore-traffic",
  summary:
    "Bring a cloud that was lost back by steps: its database as a standby, its capacity, its share of traffic",
  input: z.strictObject({
    cloud: z.string(),
    primary: z.enum(["stay", "return"]).default("stay"),
  }),
  locks: (_input, context) => locksOf(context),
  objection: ({ cloud }, context) => cloudObjection(cloud, context),
  async run(op, input, context) {
    const { profile } = context;
    const facts = await op.read("the world without it");
    const plan = await op.plan(decideRestoration(facts, input, context));
    for (const { slot, rebuild, synchronous } of plan.standbys) {
      await op.act(slot);
      await op.act(rebuild);
      // One more copy is never taken away again because something later fails.
      await op.keep("its database stays a standby, whatever comes");
      if (synchronous !== null) await op.act(synchronous);
    }
    for (const check of plan.caughtUp) await op.check(check);
    for (const act of plan.together) {
      await op.act(act);
      await op.keep("writes wait for standbys again");
    }
    await op.hold({ title: `watch ${input.cloud} before it gets traffic`, forMs: profile.dwell });
    await op.check(plan.steady);
    await op.all(plan.capacity);
    await shiftInSteps(op, plan.shifts, profile.dwell);
    for (const move of plan.moves) await movePrimary(op, move, profile.pivotDeadline);
    await op.hold({ title: "soak: watch the objective before capacity comes down", forMs: profile.soak });
    await op.all(plan.lower);
    for (const check of plan.checks) await op.check(check);
  },
});
