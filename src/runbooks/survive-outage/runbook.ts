/** Replaces the page "Complete Cloud Provider Outage"; README.md beside this file says which traps it avoids. */
import { z } from "zod";
import type { Cloud } from "../../domain/snapshot.ts";
import type { Act, Check } from "../../engine/act.ts";
import { type Operation, runbook, type RunbookContext } from "../../engine/runbook.ts";
import { locksOf } from "../parts/move-service.ts";
import { movePrimary } from "../parts/primary-move.ts";
import { rescuePrimary } from "../parts/primary-rescue.ts";
import { decideSurvival } from "./decide.ts";

export const surviveOutage = runbook({
  name: "survive-outage",
  summary: "Take traffic away from a cloud that is lost, and its primary database with it",
  input: z.strictObject({
    cloud: z.string(),
    database: z.enum(["move", "stay", "force"]).default("move"),
  }),
  onObstacle: "end",
  locks: (_input, context) => locksOf(context),
  objection: ({ cloud }, context) => cloudObjection(cloud, context),
  async run(op, input, context) {
    const facts = await op.read("the world as it is left");
    const plan = await op.plan(decideSurvival(facts, input, context));
    for (const text of plan.notices) await op.notify({ severity: "critical", text });
    await raise(op, plan.first);
    for (const act of plan.shift) {
      await op.act(act);
      await op.keep("traffic stays away from what is lost, whatever comes");
    }
    for (const act of plan.reopen) await op.act(act);
    for (const act of plan.lower) {
      await op.act(act);
      await op.keep("writes go on with the copies that are left");
    }
    for (const rescue of plan.rescues) await rescuePrimary(op, rescue, context.profile.pivotDeadline);
    for (const move of plan.moves) await movePrimary(op, move, context.profile.pivotDeadline);
    for (const stage of plan.capacity) await raise(op, stage);
    await op.check(clientsAreAnswered);
  },
});

async function raise(op: Operation, acts: readonly Act[]): Promise<void> {
  if (acts.length === 0) return;
  await op.all(acts);
  await op.keep("capacity stays raised");
}

export function cloudObjection(cloud: Cloud, { inventory }: RunbookContext): string | null {
  const clouds = Object.keys(inventory.clouds);
  return clouds.includes(cloud)
    ? null
    : `cloud: there is no cloud "${cloud}"; the inventory names ${clouds.join(", ")}`;
}

const WATCH_MS = 2_000;

/** Nothing is undone when it does not hold: what was before is worse. */
const clientsAreAnswered: Check = {
  title: "clients are answered",
  section: "traffic",
  deadlineMs: 60_000,
  examine: async (facts, world, signal) => {
    const { requests, failed, p99Ms } = await world.edge.window(WATCH_MS, signal);
    return { ok: failed === 0, evidence: { weights: facts.traffic.weights, requests, failed, p99Ms } };
  },
};
