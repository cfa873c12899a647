/**
 * A plan rehearsed from the very state that it was made from: one night in which nothing goes wrong, and as many as are
 * asked for in which faults strike the calls of that night.
 *
 * 1. The same code, input and profile as the run that the plan is for; only the world is a model, and time is its own.
 * 2. A rehearsal of another plan proves nothing of this one: what the model plans is compared, act by act.
 * 3. A function of snapshot, plan and number: the same again gives the same again.
 */
import { canonicalJson } from "../domain/canonical.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { isAct, type Plan } from "../engine/planning.ts";
import { approvals } from "./approvals.ts";
import type { Courses } from "./courses.ts";
import { Drawer } from "./draw-schedule.ts";
import { type Ground, groundOf } from "./ground.ts";
import { whatStruck } from "./night-words.ts";
import { type NightViolation, rehearse, type Rehearsed } from "./rehearse.ts";
import { type Schedule, SCHEDULE_VERSION, scheduleSchema } from "./schedule.ts";
import { requireFit } from "./snapshot-fits.ts";

export type RehearsalOrder = {
  readonly inventory: Inventory;
  readonly snapshot: Snapshot;
  readonly profile: string;
  readonly plan: Pick<Plan, "runbook" | "input" | "steps">;
  /** How many nights with faults besides the clean one. */
  readonly faultNights: number;
  /** Awaited behind each night with faults, so that whoever waits may leave. */
  readonly onNight: (done: number) => Promise<void>;
};

export type CleanNight = {
  readonly outcome: string;
  readonly why: string;
  /** From the run's first event to its last in its own time, without the time that people took; null if it has no end. */
  readonly tookMs: number | null;
  readonly violations: readonly NightViolation[];
  /** Where the model's plan is another one; null where it is the same. */
  readonly otherPlan: string | null;
};

/** A night that did not complete, or that broke a rule. */
export type TroubledNight = {
  readonly seed: number;
  readonly struck: readonly string[];
  readonly outcome: string;
  readonly why: string;
  readonly violations: readonly NightViolation[];
  readonly schedule: Schedule;
};

export type PlanRehearsal = {
  readonly clean: CleanNight;
  readonly faults: {
    readonly nights: number;
    /** How many nights ended so. */
    readonly outcomes: Readonly<Record<string, number>>;
    readonly troubled: readonly TroubledNight[];
  } | null;
};

const CLEAN_SEED = 0;

/** Throws UnusableSnapshot, and UnknownName for a profile that the inventory does not have. */
export async function rehearsePlan(order: RehearsalOrder): Promise<PlanRehearsal> {
  const { inventory, snapshot, faultNights } = order;
  requireFit(inventory, snapshot);
  const ground: Ground = { ...groundOf(inventory), snapshot };
  const schedule = cleanSchedule(ground, order);
  const night = await rehearse(ground, schedule);
  const clean = cleanNight(night, order.plan);
  // What is refused before it touches anything has no calls worth striking.
  if (faultNights === 0 || clean.outcome === "refused") return { clean, faults: null };
  return { clean, faults: await withFaults(ground, { order, schedule, night }) };
}

function cleanSchedule(ground: Ground, { plan, profile }: RehearsalOrder): Schedule {
  const drawn = { v: SCHEDULE_VERSION, seed: CLEAN_SEED, runbook: plan.runbook, input: plan.input };
  const schedule = scheduleSchema.parse({ ...drawn, profile, faults: [], people: [] });
  return { ...schedule, people: approvals(ground, schedule.runbook, profile) };
}

function cleanNight({ ends, violations, ledger }: Rehearsed, plan: RehearsalOrder["plan"]): CleanNight {
  const [end] = ends;
  return {
    outcome: end?.outcome ?? "none",
    why: end?.why ?? "",
    tookMs: lengthOf(ledger),
    violations,
    otherPlan: otherPlan(ledger, plan),
  };
}

/** People of a rehearsal say yes at once or after a minute, as it was written down; that tells nothing of real ones. */
function lengthOf(ledger: readonly LedgerEvent[]): number | null {
  const first = ledger[0];
  const last = ledger.at(-1);
  if (first === undefined || last?.type !== "run-ended") return null;
  const asked = ledger.find(({ type }) => type === "approval-asked")?.time;
  const approved = ledger.findLast(({ type }) => type === "approved")?.time;
  const waited = asked === undefined || approved === undefined ? 0 : approved - asked;
  return Math.round(last.time - first.time - waited);
}

/** The first act that differs, in words; null where all are the same. */
function otherPlan(ledger: readonly LedgerEvent[], { steps }: RehearsalOrder["plan"]): string | null {
  const planned = ledger.find(({ type }) => type === "planned")?.data["acts"];
  if (!Array.isArray(planned)) return "the model made no plan";
  const acts = steps.filter(isAct);
  for (const [index, { title, op, target, params, before, after }] of acts.entries()) {
    const there: unknown = planned[index];
    const [here, model] = [{ op, target, params, before, after }, comparable(there)];
    if (canonicalJson(here) !== canonicalJson(model))
      return `where the plan has "${title}", the model has ${model === null ? "nothing" : canonicalJson(model)}`;
  }
  return planned.length > acts.length ? `the model has ${planned.length - acts.length} more acts` : null;
}

function comparable(act: unknown): object | null {
  if (typeof act !== "object" || act === null) return null;
  const known = new Map(Object.entries(act));
  return Object.fromEntries(
    ["op", "target", "params", "before", "after"].map((name) => [name, known.get(name) ?? null]),
  );
}

type Clean = { readonly order: RehearsalOrder; readonly schedule: Schedule; readonly night: Rehearsed };

async function withFaults(ground: Ground, clean: Clean): Promise<NonNullable<PlanRehearsal["faults"]>> {
  const { order, schedule } = clean;
  const drawer = new Drawer(ground, courseOf(clean));
  const outcomes: Record<string, number> = {};
  const troubled: TroubledNight[] = [];
  for (let seed = 1; seed <= order.faultNights; seed += 1) {
    const { runbook, input, profile } = schedule;
    const drawn: Schedule = { ...drawer.scheduleOf(seed), runbook, input, profile };
    const night = await rehearse(ground, drawn);
    const { outcome = "none", why = "" } = night.ends[0] ?? {};
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const { violations, signature } = night;
    if (outcome !== "completed" || violations.length > 0)
      troubled.push({
        seed,
        struck: whatStruck(drawn, signature),
        outcome,
        why,
        violations,
        schedule: drawn,
      });
    await order.onNight(seed);
  }
  return { nights: order.faultNights, outcomes, troubled };
}

/** The calls of the clean night are where something can go wrong. */
function courseOf({ schedule: { runbook, profile }, night: { counts } }: Clean): Courses {
  return [...counts].map(([call, times]) => ({ runbook, call, times, profile, trigger: null, stays: true }));
}
