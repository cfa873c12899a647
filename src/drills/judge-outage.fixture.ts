/**
 * An outage that was survived, made by hand: 60 s of load at 100 requests/s; aws is killed at 10 s with the primary in it,
 * seen at 13 s, away at 13.5 s, writes are back at 15 s; it returns at 25 s and is restored from 30 s on.
 */
import { at, type DrillFixture } from "./judge.fixture.ts";

const RATE = 100;
const LOAD_MS = 60_000;
const CLOUDS = ["aws", "azure", "gcp"] as const;
const STATED = { aws: 34, azure: 33, gcp: 33 };
const AWAY = { aws: 0, azure: 50, gcp: 50 };
const STEPS = [
  { aws: 10, azure: 45, gcp: 45 },
  { aws: 20, azure: 40, gcp: 40 },
  { aws: 30, azure: 35, gcp: 35 },
  STATED,
];

export const KILLED_MS = 10_000;
export const SEEN_MS = 13_000;
const AWAY_MS = 13_500;
const WRITES_BACK_MS = 15_000;
export const BACK_MS = 25_000;
const STEP_MS = [32_000, 35_000, 38_000, 41_000];

type Line = Record<string, unknown>;

export type OutageFixture = DrillFixture & {
  limits: Line;
  order: Line;
  faults: Line[];
  verdicts: Line[];
  counts: Line[];
};

export function goodOutage(): OutageFixture {
  const limits: Line = {
    blockedWritesMs: 1000,
    p99Ms: 250,
    detectedMs: 10_000,
    detectedP50Ms: 4_000,
    shiftMs: 2_000,
    writesBackMs: 15_000,
    stallMs: 5_000,
    failedReadsPercent: 0.1,
    restoreStepPoints: 10,
  };
  const order: Line = { cloud: "aws", fault: "kill", repeat: 1 };
  const fixture: OutageFixture = {
    intent: intentOf(limits, order),
    requests: [],
    tries: [],
    effects: [],
    events: [],
    rows: { aws: [], azure: [], gcp: [] },
    more: {},
    forge: (lines) => lines,
    limits,
    order,
    faults: [faultLine("begin", KILLED_MS), faultLine("end", BACK_MS)],
    verdicts: [
      ...CLOUDS.flatMap((cloud) => [said(500, cloud, "healthy"), said(520, cloud, "healthy", "gcp")]),
      said(SEEN_MS, "aws", "down"),
      said(SEEN_MS + 90, "aws", "down", "gcp"),
      said(29_000, "aws", "healthy"),
      said(29_050, "aws", "healthy", "gcp"),
    ],
    counts: [],
  };
  addSurvival(fixture);
  addRestoration(fixture);
  addCounts(fixture);
  addRequests(fixture);
  addTries(fixture);
  return fixture;
}

/** Puts the lines of its own files where `write` finds them. */
export function whole(fixture: OutageFixture): OutageFixture {
  const { faults, verdicts, counts } = fixture;
  fixture.more = { "faults.ndjson": faults, "verdicts.ndjson": verdicts, "counts.ndjson": counts };
  return fixture;
}

function intentOf(limits: Line, order: Line): Line {
  return {
    drill: "outage",
    profile: "drill",
    ratePerSecond: RATE,
    from: "aws",
    to: "azure",
    database: "move",
    startedAtMs: at(-5000),
    loadStartedAtMs: at(0),
    endedAtMs: at(LOAD_MS + 1000),
    expectations: limits,
    outage: order,
    slack: 1,
    holds: { dwellMs: 2000, soakMs: 3000, windowMs: 2000 },
    productionHolds: { dwellMs: 900_000, soakMs: 1_800_000, windowMs: 60_000 },
    statedWeights: STATED,
  };
}

function faultLine(what: string, ms: number): Line {
  const membersLost = what === "begin" ? 1 : 0;
  return { time: at(ms), what, round: 1, cloud: "aws", fault: "kill", processes: 31, membersLost };
}

export function said(ms: number, cloud: string, verdict: string, member = "azure"): Line {
  return { time: at(ms), member, cloud, verdict, observers: 2, reason: "as seen" };
}

function addSurvival(fixture: OutageFixture): void {
  const { note, act } = recorder(fixture, "run-1", "survive-outage", SEEN_MS + 100);
  act(AWAY_MS, "set-weights", "traffic", { policy: { weights: AWAY } });
  note("pivot-started", 14_000, { name: "a standby becomes the primary" });
  act(14_200, "promote", "database/wildlifedb@azure");
  note("pivot-committed", 14_500, { name: "a standby becomes the primary" });
  note("pivot-finished", 14_600, { name: "a standby becomes the primary" });
  act(15_500, "scale", "cluster/azure-west");
  note("check-passed", 18_000, { step: "last", name: "clients are answered", evidence: {} });
  note("run-ended", 18_100, { outcome: "completed", durationMs: 5_000 });
}

function addRestoration(fixture: OutageFixture): void {
  const { note, act } = recorder(fixture, "run-2", "restore-traffic", 30_000);
  act(30_500, "rebuild", "database/wildlifedb@aws");
  for (const [step, ms] of STEP_MS.entries()) {
    act(ms, "set-weights", "traffic", { policy: { weights: STEPS[step] } });
    note("hold-started", ms + 100, { step: 100 + step, forMs: 2000, windowMs: 2000 });
    note("hold-passed", ms + 2100, { step: 100 + step, samples: 10, worst: "p99 12 ms" });
  }
  act(45_000, "scale", "cluster/azure-west");
  note("run-ended", 46_000, { outcome: "completed", durationMs: 16_000 });
}

/** Notes down events and acts, with their effects, at ms of the drill. */
function recorder(fixture: OutageFixture, run: string, runbook: string, startMs: number) {
  const acts: Line[] = [];
  let sequence = 0;
  const note = (type: string, ms: number, data: Line): void => {
    fixture.events.push({ run, type, time: at(ms), by: "engine", data });
  };
  note("run-started", startMs, { runbook, input: { cloud: "aws" }, requestedBy: "olivia", profile: "drill" });
  note("read", startMs + 50, { name: "the world" });
  // The same list is filled by the acts below: a plan made with hindsight.
  note("planned", startMs + 60, { hash: `plan-of-${run}`, acts, guards: [] });
  note("approved", startMs + 70, { by: "policy", hash: `plan-of-${run}` });
  const act = (ms: number, op: string, target: string, answer: Line = {}): void => {
    sequence += 1;
    const key = `${run}/${sequence}`;
    const name = `${op} of ${target}`;
    acts.push({ name, op, target, before: null, after: null });
    note("act-intended", ms - 20, { step: sequence, name, op, target, key, epoch: 1, before: null });
    const effector = op === "set-weights" ? "edge" : "agent-azure";
    const seen = { key, epoch: 1, sequence, lock: "traffic", result: "done", answer };
    fixture.effects.push({ time: at(ms), effector, op, ...seen });
    note("act-done", ms + 10, { step: sequence, name, op, key, result: "done", evidence: {} });
    note("act-verified", ms + 20, { step: sequence, key, evidence: {} });
  };
  return { note, act };
}

function addCounts(fixture: OutageFixture): void {
  const after = { traffic: 6, "cluster/azure-west": 3 };
  for (const [name, value] of Object.entries(after)) {
    fixture.counts.push({ time: at(200), name, value: 1 }, { time: at(50_000), name, value });
  }
}

function weightsAt(ms: number): Record<string, number> {
  const changes = [
    { fromMs: AWAY_MS, weights: AWAY },
    ...STEP_MS.map((fromMs, step) => ({ fromMs, weights: STEPS[step] })),
  ];
  return changes.findLast(({ fromMs }) => fromMs <= ms)?.weights ?? STATED;
}

function addRequests(fixture: OutageFixture): void {
  for (let n = 0; n < (LOAD_MS * RATE) / 1000; n += 1) {
    const ms = (n * 1000) / RATE;
    const isWrite = n % 10 === 3;
    const key = isWrite ? `drill-1-${n}` : null;
    const waits = isWrite && ms > KILLED_MS && ms < WRITES_BACK_MS;
    fixture.requests.push({
      scheduled: at(ms),
      sent: at(ms + 0.5),
      ended: at(waits ? WRITES_BACK_MS : ms + 8),
      method: isWrite ? "POST" : "GET",
      path: "/observations",
      key,
      status: isWrite ? 201 : 200,
      cloud: servedBy(n, ms),
      error: null,
    });
    if (key !== null) for (const held of CLOUDS) fixture.rows[held]?.push(key);
  }
}

function servedBy(n: number, ms: number): string {
  // 37 and 100 have no common factor: every hundred requests hit each percent once.
  let left = (n * 37) % 100;
  const cloud = Object.entries(weightsAt(ms)).find(([, weight]) => (left -= weight) < 0)?.[0] ?? "none";
  // What the dead cloud cannot answer the edge sends elsewhere.
  return cloud === "aws" && ms >= KILLED_MS && ms < AWAY_MS ? "gcp" : cloud;
}

function addTries(fixture: OutageFixture): void {
  for (let ms = 0; ms < LOAD_MS; ms += 20) {
    for (const cloud of CLOUDS) {
      const timeline = ms < KILLED_MS ? 1 : 2;
      const ok = cloud === (timeline === 1 ? "aws" : "azure") && (timeline === 1 || ms >= 14_500);
      const error = ok ? null : "connect ECONNREFUSED";
      fixture.tries.push({ time: at(ms + 3), cloud, ok, timeline: ok ? timeline : null, error });
    }
  }
}
