/** What `simulate` says, over simulations that are already done; and what it says of words that it cannot use. */
import type { Simulation } from "../../rehearsal/sweep-report.ts";
import { EXIT } from "../exit.ts";
import type { Scenario } from "./ledger-scenarios.ts";

const report = {
  order: { runbook: null, fromSeed: 1, seeds: 40, twice: 10 },
  schedules: 40,
  events: 160_000,
  distinct: 39,
  broken: [],
  mismatches: [],
  doubles: 10,
  outcomes: { completed: 30, undone: 10 },
  coverage: { reached: 120, total: 18_000, kinds: [], points: [] },
  durationMs: 2_000,
  threads: 2,
};

const broken = [
  {
    seed: 7,
    invariant: "S1",
    what: "aws acknowledged on timeline 1 after azure on 2",
    lastEvents: ["    1.500 s  run-1 act-done", "    1.502 s  world writable"],
  },
];

const schedule = {
  v: 1 as const,
  seed: 7,
  runbook: "manual-failover" as const,
  input: { from: "aws", to: "azure" },
  profile: "drill",
  faults: [],
  people: [],
};

const night = {
  title: "seed 7",
  schedule,
  night: {
    ends: [{ run: "run-1", runbook: "manual-failover", outcome: "completed", why: "" }],
    violations: [],
    lastEvents: [],
    digest: "0123456789abcdef",
    signature: "run-1 completed",
    cells: [],
    events: 4_000,
    virtualMs: 30_000,
  },
  lines: ["    0.000 s  run-1 run-started", "   12.000 s  run-1 run-ended"],
  shrunk: null,
};

const done = (simulation: Simulation) => ({ outside: { simulate: async () => simulation } });
const found: Simulation = {
  kind: "sweep",
  report: { ...report, broken, mismatches: [9] },
  shrunk: { schedule, rehearsals: 12 },
};

export const simulationScenarios: readonly Scenario[] = [
  [
    "simulate",
    EXIT.ok,
    ["simulate", "--seeds", "40", "--twice", "10"],
    done({ kind: "sweep", report, shrunk: null }),
  ],
  ["simulate-broken", EXIT.failed, ["simulate", "rollback", "--seeds", "40", "--shrink"], done(found)],
  ["simulate-broken-json", EXIT.failed, ["simulate", "--seeds", "40", "--json"], done(found)],
  [
    "simulate-trace",
    EXIT.ok,
    ["simulate", "--seed", "7", "--trace"],
    done({ kind: "nights", nights: [night] }),
  ],
  ["simulate-unknown-runbook", EXIT.malformed, ["simulate", "manual-failovr"]],
  ["simulate-unknown-scenario", EXIT.malformed, ["simulate", "--scenario", "github-2019"]],
  ["simulate-bad-range", EXIT.malformed, ["simulate", "--seeds", "0"]],
  ["simulate-two-kinds", EXIT.malformed, ["simulate", "--seed", "7", "--scenario", "github-2018"]],
  ["simulate-no-file", EXIT.malformed, ["simulate", "--schedule", "none.json"]],
  ["simulate-no-patch", EXIT.malformed, ["simulate", "--seeds", "1", "--sabotage", "none.patch"]],
];
