/** What `plan` says, over plans and rehearsals that are already done; and what it says of words and files that it cannot use. */
import { SNAPSHOT_VERSION } from "../../domain/snapshot.ts";
import type { PlanRehearsal, TroubledNight } from "../../rehearsal/rehearse-plan.ts";
import { EXIT } from "../exit.ts";
import { realOutside } from "../wire.ts";
import type { Scene } from "./harness.ts";
import type { Scenario } from "./ledger-scenarios.ts";
import * as recorded from "./recorded.ts";

const FAILOVER = ["manual-failover", "--from", "aws", "--to", "azure"];
const PLAN = ["plan", ...FAILOVER];
const KEPT = [...PLAN, "--snapshot", "plan.json"];

const quiet: PlanRehearsal = {
  clean: { outcome: "completed", why: "", tookMs: 12_611, violations: [], otherPlan: null },
  faults: null,
};

const undone: TroubledNight = {
  seed: 5,
  struck: [
    'promotes of operator behind "read: the world before", for 1 call',
    'adam says pause before "command"',
  ],
  outcome: "undone",
  why: "adam had it undone: it stood still",
  violations: [],
  schedule: {
    v: 1,
    seed: 5,
    runbook: "manual-failover",
    input: { from: "aws", to: "azure", database: "move" },
    profile: "drill",
    faults: [],
    people: [],
  },
};

const S3 = { invariant: "S3", what: "9216 was acknowledged, the primary has 8192" };
const faults = { nights: 20, outcomes: { undone: 1, completed: 19 }, troubled: [undone] };
const lossy: PlanRehearsal = {
  ...quiet,
  faults: {
    ...faults,
    troubled: [undone, { ...undone, seed: 9, outcome: "completed", why: "", violations: [S3] }],
  },
};

/** As the orchestrator's own inventory, unless it is said to be another. */
export function planScene(parts: Scene = {}, rehearsal: PlanRehearsal = quiet, digest = "1"): Scene {
  const outside = {
    inventory: async (file: string | null) => ({ ...(await realOutside().inventory(file)), digest }),
    rehearsePlan: async () => rehearsal,
    ...parts.outside,
  };
  return { plan: recorded.plan, ...parts, outside };
}

function file(text: string | null): Scene {
  return planScene({
    up: false,
    outside: { readText: async () => text, planFrom: async () => recorded.plan },
  });
}

const kept = JSON.stringify({ kind: "plan", profile: "drill", seen: recorded.plan.seen });

export const planScenarios: readonly Scenario[] = [
  ["plan", EXIT.ok, PLAN, planScene()],
  ["plan-elsewhere", EXIT.ok, [...PLAN, "--state", "/tmp/my world"], planScene()],
  [
    "plan-refused-by-guard",
    EXIT.refused,
    PLAN,
    planScene(
      { plan: recorded.refusedPlan },
      { ...quiet, clean: { ...quiet.clean, outcome: "refused", why: "capacity-for-the-shift", tookMs: 2 } },
    ),
  ],
  ["plan-with-faults", EXIT.ok, [...PLAN, "--with-faults", "20"], planScene({}, { ...quiet, faults })],
  ["plan-broken", EXIT.failed, [...PLAN, "--with-faults", "20"], planScene({}, lossy)],
  [
    "plan-undone-clean",
    EXIT.failed,
    PLAN,
    planScene(
      {},
      { ...quiet, clean: { ...quiet.clean, outcome: "undone", why: "13 of 55 requests failed" } },
    ),
  ],
  [
    "plan-of-another",
    EXIT.failed,
    PLAN,
    planScene(
      { outside: { codeVersion: async () => "another" } },
      { ...quiet, clean: { ...quiet.clean, otherPlan: "the model has 2 more acts" } },
    ),
  ],
  ["plan-other-inventory", EXIT.ok, PLAN, planScene({}, quiet, "2")],
  [
    "plan-other-inventory-with-faults",
    EXIT.malformed,
    [...PLAN, "--with-faults", "5"],
    planScene({}, quiet, "2"),
  ],
  ["plan-no-faults", EXIT.malformed, [...PLAN, "--with-faults", "0"]],
  ["plan-many-faults", EXIT.malformed, [...PLAN, "--with-faults", "201"]],
  ["plan-other-version", EXIT.malformed, PLAN, planScene({ plan: { ...recorded.plan, seen: { v: 9 } } })],
  [
    "plan-cut-snapshot",
    EXIT.malformed,
    PLAN,
    planScene({ plan: { ...recorded.plan, seen: { v: SNAPSHOT_VERSION } } }),
  ],
  ["plan-kept", EXIT.ok, KEPT, file(kept)],
  ["plan-kept-nowhere", EXIT.malformed, KEPT, file(null)],
  ["plan-kept-cut", EXIT.malformed, KEPT, file(kept.slice(0, 200))],
];
