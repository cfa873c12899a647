/**
 * One night as data: which runbook runs, what goes wrong where and for how long, and what people do meanwhile. It is all
 * that a rehearsal depends on, so a night that broke something can be kept, sent, made smaller and run again.
 *
 * 1. A place is a kind of call of the first run, how often it has been made, and where in the call. It is no moment and no
 *    number of a call: a fault that is taken away must not move the others.
 * 2. A fault that never finds its place never begins; that is no error.
 * 3. A version that is not known is refused, never guessed.
 */
import { z } from "zod";
import { RUNBOOK_NAMES } from "../domain/runbook-names.ts";
import { watchSchema } from "./watch-schedule.ts";

export const SCHEDULE_VERSION = 1;

export const PHASES = ["before", "during", "behind"] as const;

const place = z.strictObject({
  /** The await point, as `await-point.ts` names it. */
  call: z.string().min(1).max(200),
  /** The n-th time that the run comes by, from 1. */
  nth: z.int().min(1).max(10_000),
  phase: z.enum(PHASES),
});

/** From its place on, for so many calls of the run or so much virtual time; null where it is over in a moment. */
const length = z.union([
  z.strictObject({ calls: z.int().min(1).max(10_000) }),
  z.strictObject({ ms: z.int().min(1).max(86_400_000) }),
  z.null(),
]);

const fault = z.strictObject({
  group: z.enum(["api", "planes", "network", "process", "time", "database", "load", "evidence", "people"]),
  kind: z.string().min(1).max(60),
  actor: z.string().min(1).max(60),
  at: place,
  lasts: length,
});

const order = z.strictObject({
  runbook: z.enum(RUNBOOK_NAMES),
  input: z.record(z.string(), z.string()),
});

export const WORDS = [
  "approve",
  "reject",
  "pause",
  "resume",
  "retry",
  "skip",
  "cancel",
  "undo",
  "override",
] as const;

const personsAct = z.discriminatedUnion("does", [
  z.strictObject({
    does: z.literal("say"),
    word: z.enum(WORDS),
    by: z.string().min(1).max(40),
    /** Whether an approval names the plan's own hash. */
    rightHash: z.boolean().default(true),
    /** For how long an approval counts from when it is said. */
    forMs: z.int().min(0).max(86_400_000).default(86_400_000),
    /** Within which the run has to begin; as long as it counts, where it does not say. */
    startForMs: z.int().min(0).max(86_400_000).optional(),
    /** How long after it was said the run hears it; at once, where it does not say. */
    heardAfterMs: z.int().min(0).max(86_400_000).optional(),
    at: place,
    afterMs: z.int().min(0).max(86_400_000),
    twice: z.boolean(),
  }),
  z.strictObject({
    does: z.literal("start"),
    by: z.string().min(1).max(40),
    order,
    wait: z.boolean(),
    preempt: z.boolean(),
    at: place,
    afterMs: z.int().min(0).max(86_400_000),
    twice: z.boolean(),
  }),
]);

export const scheduleSchema = z.strictObject({
  v: z.literal(SCHEDULE_VERSION),
  /** What the world draws its own delays from. */
  seed: z.int().min(0),
  ...order.shape,
  profile: z.string().min(1).max(40),
  faults: z.array(fault).max(64),
  people: z.array(personsAct).max(64),
  /** What was lost is back and well before the run is begun: an outage that somebody answers late. */
  over: z.boolean().optional(),
  /**
   * Nobody begins the run: automation does, when it is told of an outage. Places are those of the first run that it begins;
   * runbook and input say what is expected of it, and begin nothing.
   */
  watch: watchSchema.optional(),
});

export type Schedule = z.output<typeof scheduleSchema>;
export type Place = Schedule["faults"][number]["at"];
export type Length = Schedule["faults"][number]["lasts"];
export type ScheduledFault = Schedule["faults"][number];
export type PersonsAct = Schedule["people"][number];
export type Order = Pick<Schedule, "runbook" | "input">;
