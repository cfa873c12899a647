/**
 * The orchestrator's answers, parsed where they come in. The shapes are the real types of the engine and the ports:
 * each schema is checked by the compiler to give exactly what those say.
 */
import { z } from "zod";
import type { CapacityPicture } from "../../domain/capacity-picture.ts";
import type { Approval } from "../../domain/inventory/schema.ts";
import type { GuardVerdict } from "../../domain/guards/guard.ts";
import type { GuardName } from "../../domain/guards/names.ts";
import type { Json } from "../../domain/json.ts";
import { EVENT_TYPES, LEDGER_VERSION, type LedgerEvent } from "../../domain/ledger.ts";
import { AGREEMENTS } from "../../domain/own-word/agreement.ts";
import { GRAVITIES } from "../../domain/own-word/notice.ts";
import { VERDICTS } from "../../domain/snapshot.ts";
import { SIGHTS } from "../../domain/verdicts/sighting.ts";
import type { Expected } from "../../engine/durations.ts";
import type { Forecast } from "../../engine/forecast.ts";
import type { Plan, PlannedStep } from "../../engine/planning.ts";
import type { RunState, RunView } from "../../engine/views.ts";
import type { Demand, ServiceWindow, TrafficPolicy } from "../../ports/edge.ts";
import { cloudFacts, snapshot } from "./parse-snapshot.ts";

const json = z.json();
const jsonObject = z.record(z.string(), json);
const weights = z.record(z.string(), z.number());

/** How a run in flight stands; null once it has ended, or where the server does not say. */
export type ShownStanding = {
  readonly waitsFor: string;
  readonly untilMs: number;
  readonly owner: string;
  readonly stuck: boolean;
  readonly blocked: { readonly why: string; readonly waysOut: readonly string[] } | null;
  readonly sheet: string;
} | null;

export type ShownRun = RunView & {
  readonly standing?: ShownStanding | undefined;
};

const STATES = [
  "planned",
  "waiting-for-lock",
  "waiting-for-people",
  "running",
  "holding",
  "paused",
  "drifted",
  "undoing",
  "undo-incomplete",
  "completed",
  "refused",
  "undone",
  "failed",
  "cancelled",
  "superseded",
] as const satisfies readonly RunState[];

export const runView: z.ZodType<ShownRun> = z.object({
  run: z.string(),
  runbook: z.string(),
  input: json,
  requestedBy: z.string(),
  profile: z.string(),
  state: z.enum(STATES),
  doing: z.string(),
  owner: z.string().nullable(),
  untilMs: z.number().nullable(),
  offers: z.array(z.string()),
  inPivot: z.boolean(),
  planHash: z.string().nullable(),
  approvalsNeeded: z.number(),
  approvedBy: z.array(z.string()),
  against: z.array(z.string()),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  acts: z.object({ planned: z.number(), verified: z.number() }),
  why: z.string(),
  facts: json,
  locks: z.array(z.string()),
  locksUntilMs: z.number().nullable(),
  events: z.number(),
  standing: z
    .object({
      waitsFor: z.string(),
      untilMs: z.number(),
      owner: z.string(),
      stuck: z.boolean(),
      blocked: z.object({ why: z.string(), waysOut: z.array(z.string()) }).nullable(),
      sheet: z.string(),
    })
    .nullable()
    .optional(),
});

export const statusAnswer = z.object({
  profile: z.string(),
  at: z.number(),
  snapshot,
  observers: z.number(),
  runs: z.array(runView),
  you: z.object({ name: z.string(), roles: z.array(z.string()) }),
  orchestrator: z.object({
    acts: z.boolean(),
    why: z.string().nullable(),
    members: z.array(z.object({ name: z.string(), up: z.boolean() })),
  }),
});
export type StatusAnswer = z.output<typeof statusAnswer>;

const GUARDS = [
  "weights-are-whole",
  "no-weight-to-the-unhealthy",
  "capacity-for-the-shift",
  "one-writable-primary",
  "no-loss-beyond-policy",
] as const satisfies readonly GuardName[];

const guardVerdict: z.ZodType<GuardVerdict> = z.object({
  guard: z.enum(GUARDS),
  verdict: z.enum(["pass", "warn", "refuse"]),
  why: z.string(),
  facts: jsonObject,
});

const capacity: z.ZodType<CapacityPicture | null> = z
  .object({
    perCloud: z.record(z.string(), z.object({ ready: z.number(), needed: z.number() })),
    worstLoss: z
      .object({
        lost: z.string(),
        survives: z.boolean(),
        remaining: z.number(),
        demand: z.number(),
        missing: z.number(),
      })
      .nullable(),
  })
  .nullable();

const step: z.ZodType<PlannedStep> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.enum(["act", "commit"]),
    op: z.string(),
    title: z.string(),
    target: z.string(),
    params: jsonObject,
    before: json,
    after: json,
    undoable: z.boolean(),
    pivot: z.string().nullable(),
    guards: z.array(guardVerdict),
    capacity,
    byHand: z.array(z.string()),
  }),
  z.object({
    kind: z.enum(["read", "check", "hold", "keep", "notify", "pivot"]),
    title: z.string(),
    pivot: z.string().nullable(),
    forMs: z.number().nullable(),
  }),
]);

const plan: z.ZodType<Plan> = z.object({
  runbook: z.string(),
  codeVersion: z.string(),
  input: jsonObject,
  inventoryDigest: z.string(),
  steps: z.array(step),
  primaries: z.record(
    z.string(),
    z.object({ cloud: z.string().nullable(), timeline: z.number().nullable() }),
  ),
  policyVersion: z.number(),
  locks: z.array(z.string()),
  locksForMs: z.number(),
  hash: z.string(),
});

const approval: z.ZodType<Approval> = z.discriminatedUnion("by", [
  z.object({ by: z.literal("people"), count: z.number() }),
  z.object({ by: z.literal("policy") }),
]);

const expected: z.ZodType<Expected> = z.object({
  typicalMs: z.number(),
  mostMs: z.number(),
  seen: z.number(),
});
const forecast: z.ZodType<Forecast> = z.object({
  steps: z.array(expected.nullable()),
  typicalMs: z.number(),
});

/** The snapshot that a plan was made from, as it came; `parseSeen` reads it. */
const seen: z.ZodType<Json> = json.default(null);

export const planAnswer = z.object({
  plan,
  refusals: z.array(guardVerdict),
  approval,
  profile: z.string(),
  forecast,
  seen,
});
export type PlanAnswer = z.output<typeof planAnswer>;

export const abandonedAnswer = z.object({
  run: z.string(),
  ended: z.boolean(),
  locksGivenBack: z.array(z.string()),
  inDoubt: z.array(z.string()),
  sheet: z.string(),
});
export type AbandonedAnswer = z.output<typeof abandonedAnswer>;

export const upgradeAnswer = z.object({
  here: z.object({ codeVersion: z.string() }),
  runs: z.array(
    z.object({
      run: z.string(),
      codeVersion: z.string().nullable(),
      status: z.string().nullable(),
    }),
  ),
});
export type UpgradeAnswer = z.output<typeof upgradeAnswer>;

export const locksAnswer = z.object({
  locks: z.array(
    z.object({
      lock: z.string(),
      run: z.string(),
      state: z.enum(STATES),
      requestedBy: z.string(),
      epoch: z.number(),
      sinceMs: z.number(),
      untilMs: z.number().nullable(),
      queue: z.array(z.object({ run: z.string(), requestedBy: z.string(), sinceMs: z.number() })),
    }),
  ),
});
export type ShownLock = z.output<typeof locksAnswer>["locks"][number];

export const startedAnswer = z.object({ run: z.string() });
export const runsAnswer = z.object({ runs: z.array(runView) });
export const runAnswer = z.object({ view: runView, sheet: z.array(z.string()) });
export type RunAnswer = z.output<typeof runAnswer>;

export const ledgerEvent: z.ZodType<LedgerEvent> = z.object({
  v: z.literal(LEDGER_VERSION),
  run: z.string(),
  index: z.number(),
  time: z.number(),
  type: z.enum(EVENT_TYPES),
  by: z.string(),
  data: jsonObject,
  previous: z.string(),
  hash: z.string(),
});
export const eventsAnswer = z.object({ events: z.array(ledgerEvent) });

const pending = z.object({
  run: z.string(),
  runbook: z.string(),
  input: json,
  hash: z.string(),
  requestedBy: z.string(),
  count: z.number(),
  givenBy: z.array(z.string()),
  against: z.array(z.string()),
  untilMs: z.number(),
});
export type PendingApproval = z.output<typeof pending>;
export const approvalsAnswer = z.object({ approvals: z.array(pending) });
export type RunCommand = "pause" | "resume" | "retry" | "skip" | "cancel" | "undo" | "override";
export const toldAnswer = z.object({ after: z.int() });
export const doneAnswer = z.object({ ok: z.literal(true) });

const policy: z.ZodType<TrafficPolicy> = z.object({
  weights,
  version: z.number(),
  epoch: z.number(),
  setBy: z.string(),
  why: z.string(),
  setAtMs: z.number(),
});
const serviceWindow: z.ZodType<ServiceWindow> = z.object({
  ms: z.number(),
  requests: z.number(),
  failed: z.number(),
  slow: z.number(),
  p99Ms: z.number().nullable(),
});
const demand: z.ZodType<Demand> = z.object({ requestsPerSecond: z.number(), windowMs: z.number() });

export const trafficAnswer = z.object({
  policy,
  clouds: z.record(z.string(), cloudFacts),
  window: serviceWindow,
  demand,
});
export type TrafficAnswer = z.output<typeof trafficAnswer>;

const standingVerdict = {
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  observers: z.number(),
  sinceMs: z.number(),
};

const momentOrNone = z.number().nullable();
/** What a cloud says of itself; an older server does not tell. */
const ownWord = z
  .object({
    says: z.enum(["well", ...GRAVITIES, "nothing"]),
    text: z.string(),
    sinceMs: momentOrNone,
    updatedMs: momentOrNone,
    where: z.array(z.string()),
    open: z.number(),
    elsewhere: z.number(),
    heardAtMs: momentOrNone,
    problem: z.string().nullable(),
    page: z.string().nullable(),
    agreement: z.enum(AGREEMENTS),
  })
  .nullable()
  .default(null);

export const cloudsAnswer = z.object({
  at: z.number(),
  clouds: z.array(
    z.object({
      cloud: z.string(),
      ...standingVerdict,
      own: ownWord,
      clusters: z.array(z.object({ cluster: z.string(), ...standingVerdict })),
    }),
  ),
  vantages: z.array(
    z.object({
      name: z.string(),
      cloud: z.string().nullable(),
      heardAtMs: z.number().nullable(),
      isolated: z.boolean(),
      problem: z.string().nullable(),
      clusters: z.record(z.string(), z.object({ state: z.enum(SIGHTS), reason: z.string() })),
    }),
  ),
});
export type CloudsAnswer = z.output<typeof cloudsAnswer>;

export const runbooksAnswer = z.object({
  runbooks: z.array(z.object({ name: z.string(), summary: z.string() })),
});

const person = z.object({
  name: z.string(),
  roles: z.array(z.string()),
  mail: z.string(),
  standing: z.enum(["in force", "expired", "revoked"]),
  expiresAtMs: z.number().nullable(),
});
export type ShownPerson = z.output<typeof person>;
export const peopleAnswer = z.object({ people: z.array(person) });
export const personAnswer = z.object({ person });

export const errorAnswer = z.object({
  error: z.object({
    code: z.enum([
      "malformed",
      "not-found",
      "unauthenticated",
      "not-allowed",
      "refused",
      "failed",
      "unavailable",
    ]),
    what: z.string(),
    why: z.string(),
    next: z.string(),
    facts: jsonObject.default({}),
  }),
});
export type ErrorAnswer = z.output<typeof errorAnswer>["error"];

/** The answer as `schema` has it, or null when it is something else. */
export function parseAnswer<T>(schema: z.ZodType<T>, text: string): T | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}
