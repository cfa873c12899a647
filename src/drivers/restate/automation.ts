/**
 * Automation as one virtual object for the whole installation: Restate runs one of its handlers at a time and keeps its state,
 * so three servers that tell it the same outage begin one run. The run is sent from inside the handler: it is begun exactly
 * once, whatever becomes of who told it. The rules are those of `domain/automation.ts`.
 *
 * The state outlives versions of this code: what an older one left is read through the defaults here.
 */
import { object, type ObjectContext } from "@restatedev/restate-sdk";
import { z } from "zod";
import { automaticOrder } from "../../domain/automatic-order.ts";
import {
  AUTOMATIC_ACTIONS,
  type AutomaticAction,
  type Mode,
  MODES,
  TOLD,
} from "../../domain/automatic-actions.ts";
import { type AutomationState, heed, NO_AUTOMATION_YET, openRuns } from "../../domain/automation.ts";
import type { Automation, Made, Told } from "../../ports/automation.ts";
import { callObject } from "./call-object.ts";
import { automaticRun } from "./parse-automatic-run.ts";
import type { runWorkflow } from "./run-workflow.ts";

type StoredState = { state: AutomationState };
type RunService = ReturnType<typeof runWorkflow>;
const RUN_SERVICE: { readonly name: "run" } = { name: "run" };

async function told(ctx: ObjectContext<StoredState>, { news, policy, ground }: Told): Promise<Made> {
  const atMs = await ctx.date.now();
  const { state, runs, says } = heed(await stored(ctx), news, policy, atMs);
  ctx.set("state", state);
  for (const run of runs)
    ctx.workflowSendClient<RunService>(RUN_SERVICE, run.run).run(automaticOrder(run, ground));
  return { runs, says, open: openRuns(state, news.cloud) };
}

async function show(ctx: ObjectContext<StoredState>): Promise<AutomationState> {
  return await stored(ctx);
}

async function setMode(
  ctx: ObjectContext<StoredState>,
  { action, mode, by }: { readonly action: AutomaticAction; readonly mode: Mode; readonly by: string },
): Promise<AutomationState> {
  const state = await stored(ctx);
  const set = { mode, by, atMs: await ctx.date.now() };
  return become(ctx, { ...state, setByHand: { ...state.setByHand, [action]: set } });
}

async function stop(
  ctx: ObjectContext<StoredState>,
  { by, why }: { readonly by: string; readonly why: string },
): Promise<AutomationState> {
  const state = await stored(ctx);
  return become(ctx, { ...state, stopped: { by, why, atMs: await ctx.date.now() } });
}

async function start(ctx: ObjectContext<StoredState>): Promise<AutomationState> {
  return become(ctx, { ...(await stored(ctx)), stopped: null });
}

async function stored(ctx: ObjectContext<StoredState>): Promise<AutomationState> {
  return stateAnswer.parse({ ...NO_AUTOMATION_YET, ...(await ctx.get("state")) });
}

function become(ctx: ObjectContext<StoredState>, state: AutomationState): AutomationState {
  ctx.set("state", state);
  return state;
}

export const automationObject = object({
  name: "automation",
  handlers: { told, show, setMode, stop, start },
});

const byHand = z.object({ mode: z.enum(MODES), by: z.string(), atMs: z.number() });
const cloud = z.object({
  heard: z.record(z.string(), z.object({ verdict: z.enum(TOLD), atMs: z.number() })).default({}),
  counter: z.number(),
  answeredMs: z.array(z.number()),
  outage: z
    .object({
      verdict: z.enum(TOLD).exclude(["healthy"]),
      sinceMs: z.number(),
      runs: z.array(z.string()),
      answeredMs: z.number().default(0),
      acting: z.array(z.string()).default([]),
    })
    .nullable(),
  said: z.array(z.string()),
});
const stateAnswer = z.object({
  setByHand: z.partialRecord(z.enum(AUTOMATIC_ACTIONS), byHand),
  stopped: z.object({ by: z.string(), why: z.string(), atMs: z.number() }).nullable(),
  clouds: z.record(z.string(), cloud),
  begun: z.array(z.string()),
});
const madeAnswer = z.object({
  runs: z.array(automaticRun),
  says: z.array(z.string()),
  open: z.array(z.string()),
});

/** The asking side, over the ingress of any engine: this member's own first. */
export function restateAutomation(...ingressUrls: readonly string[]): Automation {
  const ask = async (handler: string, order: object, signal: AbortSignal) =>
    await callObject(ingressUrls, `/automation/all/${handler}`, { order, signal });
  const state = (handler: string) => async (order: object, signal: AbortSignal) =>
    stateAnswer.parse(await ask(handler, order, signal));
  return {
    told: async (news, signal) => madeAnswer.parse(await ask("told", news, signal)),
    show: async (signal) => await state("show")({}, signal),
    setMode: state("setMode"),
    stop: state("stop"),
    start: async (signal) => await state("start")({}, signal),
  };
}
