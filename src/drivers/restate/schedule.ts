/**
 * The schedule as one virtual object for the whole installation, as automation is (`automation.ts`): Restate runs one of its
 * handlers at a time and keeps its state, and the run is sent from inside the handler. The rules are those of
 * `domain/schedule.ts`.
 *
 * The state outlives versions of this code: what an older one left is read through the defaults here.
 */
import { object, type ObjectContext } from "@restatedev/restate-sdk";
import { z } from "zod";
import { scheduledOrder } from "../../domain/automatic-order.ts";
import {
  decide,
  NO_SCHEDULE_YET,
  type ScheduleNews,
  type ScheduleState,
  whileStopped,
} from "../../domain/schedule.ts";
import type { Schedule, ToldSchedule } from "../../ports/schedule.ts";
import type { automationObject } from "./automation.ts";
import { callObject } from "./call-object.ts";
import { automaticRun } from "./parse-automatic-run.ts";
import type { runWorkflow } from "./run-workflow.ts";

type StoredState = { state: ScheduleState };
type RunService = ReturnType<typeof runWorkflow>;
const AUTOMATION_OBJECT: { readonly name: "automation" } = { name: "automation" };
const RUN_SERVICE: { readonly name: "run" } = { name: "run" };

/** `now`: the clock of the member that decides. */
export function scheduleObject(now: () => number = Date.now) {
  async function told(ctx: ObjectContext<StoredState>, { news, ground }: ToldSchedule) {
    const before = await stored(ctx);
    // As one journalled effect: a replay on another member, with other tables of time zones, must not decide anew.
    const decided = async (told: ScheduleNews) => await ctx.run("decide", () => decide(before, told, now()));
    const first = await decided(news);
    // Asked in here, so that a stop that has been given is heeded by whatever would begin after it.
    const stopped = first.runs.length === 0 ? null : await stopOf(ctx);
    const { state, ...made } = stopped === null ? first : await decided(whileStopped(news, stopped.by));
    ctx.set("state", state);
    for (const run of made.runs)
      ctx.workflowSendClient<RunService>(RUN_SERVICE, run.run).run(scheduledOrder(run, ground));
    return made;
  }
  return object({ name: "schedule", handlers: { told, show: stored } });
}

async function stopOf(ctx: ObjectContext<StoredState>) {
  return (await ctx.objectClient<typeof automationObject>(AUTOMATION_OBJECT, "all").show()).stopped;
}

async function stored(ctx: ObjectContext<StoredState>): Promise<ScheduleState> {
  return { ...NO_SCHEDULE_YET, ...(await ctx.get("state")) };
}

const look = z.object({ trouble: z.array(z.string()), unsteady: z.array(z.string()) });
const entry = z.object({
  lookedMs: z.number(),
  waiting: z
    .object({ dueMs: z.number(), several: z.boolean(), why: z.string().nullable(), said: z.boolean() })
    .nullable(),
  open: z
    .object({ run: z.string(), stage: z.enum(["there", "to-go-back", "back"]), said: z.boolean() })
    .nullable(),
  last: z
    .object({ dueMs: z.number(), outcome: z.string(), run: z.string().nullable(), why: z.string() })
    .nullable(),
  begunMs: z.array(z.number()),
});
const stateAnswer = z.object({
  heard: z.record(z.string(), z.object({ atMs: z.number(), look: look.nullable(), lookAtMs: z.number() })),
  entries: z.record(z.string(), entry),
});
const madeAnswer = z.object({
  runs: z.array(automaticRun),
  says: z.array(z.string()),
  wants: z.object({ look: z.boolean(), ends: z.array(z.string()) }),
});

/** The asking side, over the ingress of any engine: this member's own first. */
export function restateSchedule(...ingressUrls: readonly string[]): Schedule {
  const ask = async (handler: string, order: object, signal: AbortSignal) =>
    await callObject(ingressUrls, `/schedule/all/${handler}`, { order, signal });
  return {
    told: async (news, signal) => madeAnswer.parse(await ask("told", news, signal)),
    show: async (signal) => stateAnswer.parse(await ask("show", {}, signal)),
  };
}
