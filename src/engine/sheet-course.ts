/**
 * Where a run's plan stands, from its events alone: what is done, what the act in flight may have half done, what is
 * left, and what could be taken back.
 *
 * Invariants
 * 1. A planned step counts as done only when the world was shown to have it (`act-verified`) or it passed.
 * 2. What was intended and not proved is in flight: it may have happened, in whole or in part.
 * 3. From the moment that the commit is intended nothing can be taken back: undoing beside a promotion in doubt could
 *    leave two primaries.
 */
import { z } from "zod";
import { canonicalJson } from "../domain/canonical.ts";
import { textIn } from "../domain/event-data.ts";
import type { EventType, LedgerEvent } from "../domain/ledger.ts";

const jsonObject = z.record(z.string(), z.json());

const plannedAct = z.object({
  name: z.string(),
  op: z.string(),
  target: z.string(),
  params: jsonObject,
  before: z.json(),
  undoable: z.boolean(),
  byHand: z.array(z.string()),
});

const planned = z.object({
  hash: z.string(),
  steps: z.array(
    z.object({
      kind: z.enum(["act", "commit", "read", "check", "hold", "keep", "notify", "pivot"]),
      title: z.string(),
      pivot: z.string().nullable(),
      // Ledgers from before this was recorded do not have it.
      forMs: z.number().nullable().optional(),
    }),
  ),
  acts: z.array(plannedAct),
  primaries: z.record(z.string(), z.object({ cloud: z.string().nullable() })).default({}),
});

const touching = z.object({
  op: z.string(),
  target: z.string(),
  params: jsonObject.optional(),
  key: z.string(),
  mode: z.string().optional(),
});

export type CourseAct = z.output<typeof plannedAct> & {
  readonly kind: "act" | "commit";
  readonly pivot: string | null;
};

export type CourseOther = {
  readonly kind: "check" | "hold" | "notify";
  readonly title: string;
  readonly pivot: string | null;
  readonly forMs: number | null;
};

export type CourseStep = CourseAct | CourseOther;

export type Course = {
  readonly hash: string;
  /** `back`: the run was undoing when it was last heard of. */
  readonly direction: "forward" | "back";
  readonly done: number;
  /** All of the plan's. */
  readonly acts: readonly CourseAct[];
  /** From the act in flight on, in order. */
  readonly left: readonly CourseStep[];
  /** Acts that were intended and not proved. */
  readonly inFlight: readonly CourseAct[];
  /** What could be taken back to the last good point, newest first, without what was taken back already. */
  readonly takeBack: readonly CourseAct[];
  readonly committing: boolean;
  /** Each database's primary as the plan found it. */
  readonly primaries: Readonly<Record<string, string | null>>;
  /** Each database's members, as far as the plan touches them. */
  readonly members: Readonly<Record<string, readonly string[]>>;
};

export function isCourseAct(step: CourseStep): step is CourseAct {
  return step.kind === "act" || step.kind === "commit";
}

/** Null while there is no plan. */
export function courseOf(events: readonly LedgerEvent[]): Course | null {
  const plan = parsed(
    planned,
    events.findLast(({ type }) => type === "planned"),
  );
  if (plan === null) return null;
  const steps = stepsOf(plan);
  const proved = keysOf(events, "act-verified");
  const open = intended(events).filter(({ mode, key }) => mode !== "undo" && !proved.has(key));
  const isOpen = (act: CourseAct) => open.some((one) => sameAct(one, act));
  const left = withoutDone(steps, events);
  const undone = intended(events).filter(({ mode, key }) => mode === "undo" && proved.has(key)).length;
  const back = events.some(({ type }) => type === "undo-started");
  const committing = intended(events).some(({ mode }) => mode === "commit" || mode === "committed");
  const begun = begunActs(steps, events);
  return {
    hash: plan.hash,
    direction: back ? "back" : "forward",
    done: steps.length - left.length,
    acts: steps.filter(isCourseAct),
    left,
    inFlight: back ? [] : left.filter(isCourseAct).filter(isOpen),
    // On the way back a commit was refused, and what came before it is taken back.
    takeBack: committing && !back ? [] : begun.slice(0, begun.length - undone).reverse(),
    committing,
    primaries: Object.fromEntries(Object.entries(plan.primaries).map(([name, { cloud }]) => [name, cloud])),
    members: membersOf(plan.acts),
  };
}

const place = z.object({ database: z.string(), cloud: z.string() });

function membersOf(acts: z.output<typeof planned>["acts"]): Record<string, string[]> {
  const members: Record<string, string[]> = {};
  for (const { params } of acts) {
    const at = place.safeParse(params).data;
    if (at === undefined) continue;
    members[at.database] = [...new Set([...(members[at.database] ?? []), at.cloud])];
  }
  return members;
}

/** The plan's steps that change or wait; what only reads or names a stretch is left out. */
function stepsOf(plan: z.output<typeof planned>): CourseStep[] {
  const acts = [...plan.acts];
  const steps: CourseStep[] = [];
  for (const { kind, title, pivot, forMs } of plan.steps) {
    if (kind === "act" || kind === "commit") {
      const act = acts.shift();
      if (act !== undefined) steps.push({ ...act, kind, pivot });
    } else if (kind !== "read" && kind !== "keep" && kind !== "pivot") {
      steps.push({ kind, title, pivot, forMs: forMs ?? null });
    }
  }
  return steps;
}

const PASSED: Readonly<Partial<Record<EventType, { kind: CourseOther["kind"]; field: string }>>> = {
  "check-passed": { kind: "check", field: "name" },
  "hold-passed": { kind: "hold", field: "title" },
  notified: { kind: "notify", field: "text" },
};

/** Each event that ends a step takes the first such step away, so that two of one name are told apart by order. */
function withoutDone(steps: readonly CourseStep[], events: readonly LedgerEvent[]): CourseStep[] {
  const left = [...steps];
  const take = (is: (step: CourseStep) => boolean) => {
    const at = left.findIndex(is);
    if (at >= 0) left.splice(at, 1);
  };
  const forward = new Map(
    intended(events)
      .filter(({ mode }) => mode !== "undo")
      .map((one) => [one.key, one]),
  );
  for (const event of events) {
    const passed = PASSED[event.type];
    if (passed !== undefined) {
      take(
        (step) => !isCourseAct(step) && step.kind === passed.kind && step.title === event.data[passed.field],
      );
    }
    // Left out by a person, who has said why: not done, and not to be done.
    const skipped = event.type === "step-skipped" ? textIn(event.data, "name") : null;
    // Acts that were side by side are left out together.
    for (const name of skipped?.split("; ") ?? [])
      take((step) => (isCourseAct(step) ? step.name : step.title) === name);
    const act = event.type === "act-verified" ? forward.get(textIn(event.data, "key")) : undefined;
    if (act !== undefined) take((step) => isCourseAct(step) && sameAct(act, step));
  }
  return left;
}

const GOOD_POINTS: ReadonlySet<EventType> = new Set(["hold-passed", "good-point", "pivot-committed"]);

/** Acts tried since the last good point, oldest first. */
function begunActs(steps: readonly CourseStep[], events: readonly LedgerEvent[]): CourseAct[] {
  const last = events.findLastIndex(({ type }) => GOOD_POINTS.has(type));
  return intended(events.slice(last + 1))
    .filter(({ mode }) => mode !== "undo")
    .map((one) => steps.filter(isCourseAct).find((act) => sameAct(one, act)))
    .filter((act) => act !== undefined);
}

type Intended = z.output<typeof touching>;

function intended(events: readonly LedgerEvent[]): Intended[] {
  return events
    .filter(({ type }) => type === "act-intended")
    .map((event) => parsed(touching, event))
    .filter((one) => one !== null);
}

function sameAct(one: Intended, act: CourseAct): boolean {
  if (one.op !== act.op || one.target !== act.target) return false;
  return one.params === undefined || canonicalJson(one.params) === canonicalJson(act.params);
}

function keysOf(events: readonly LedgerEvent[], type: EventType): ReadonlySet<string> {
  return new Set(events.filter((event) => event.type === type).map(({ data }) => textIn(data, "key")));
}

function parsed<T>(schema: z.ZodType<T>, event: LedgerEvent | undefined): T | null {
  const result = schema.safeParse(event?.data);
  return result.success ? result.data : null;
}
