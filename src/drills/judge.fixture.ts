/**
 * A drill that went well, made by hand: 30 s of load at 100 requests/s, a failover and a rollback. Tests change what
 * they want before `write`; the ledger is chained at the end, so that a changed event still has its right hash.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashOf } from "./judge-ledger.ts";

const BASE_MS = 1_750_000_000_000;
const RATE = 100;
const LOAD_MS = 30_000;
const CLOUDS = ["aws", "azure", "gcp"] as const;
const STATED = { aws: 34, azure: 33, gcp: 33 };

type Weights = Record<string, number>;
type Draft = { run: string; type: string; time: number; by: string; data: Record<string, unknown> };
type Request = {
  scheduled: number;
  sent: number;
  ended: number;
  method: string;
  path: string;
  key: string | null;
  status: number | null;
  cloud: string | null;
  error: string | null;
};
type Try = { time: number; cloud: string; ok: boolean; timeline: number | null; error: string | null };
type Effect = Record<string, unknown> & { time: number; op: string; key: string; result: string };

export type DrillFixture = {
  intent: Record<string, unknown>;
  requests: Request[];
  tries: Try[];
  effects: Effect[];
  events: Draft[];
  rows: Record<string, string[]>;
  /** Further files of JSON lines, by name. */
  more: Record<string, Record<string, unknown>[]>;
  /** Changes the ledger's lines after they were chained. */
  forge: (lines: string[]) => string[];
};

/** ms of the drill -> ms since the epoch. */
export function at(ms: number): number {
  return BASE_MS + ms;
}

type Leg = { run: string; runbook: string; startMs: number; from: string; to: string; weights: Weights[] };

const LEGS: readonly Leg[] = [
  {
    run: "run-1",
    runbook: "manual-failover",
    startMs: 2000,
    from: "aws",
    to: "azure",
    weights: [STATED, { aws: 9, azure: 58, gcp: 33 }, { aws: 0, azure: 67, gcp: 33 }],
  },
  {
    run: "run-2",
    runbook: "rollback",
    startMs: 16_000,
    from: "azure",
    to: "aws",
    weights: [{ aws: 0, azure: 67, gcp: 33 }, { aws: 25, azure: 42, gcp: 33 }, STATED],
  },
];

/** When, from a run's start, its pivot blocks writes and lets them go again. */
const PIVOT_MS = [7000, 7400] as const;

export function goodDrill(): DrillFixture {
  const fixture: DrillFixture = {
    intent: {
      drill: "planned-failover",
      profile: "drill",
      ratePerSecond: RATE,
      from: "aws",
      to: "azure",
      database: "move",
      startedAtMs: at(-5000),
      loadStartedAtMs: at(0),
      endedAtMs: at(LOAD_MS + 1000),
      expectations: { blockedWritesMs: 1000, p99Ms: 250 },
      slack: 1,
      holds: { dwellMs: 2000, soakMs: 3000, windowMs: 2000 },
      productionHolds: { dwellMs: 900_000, soakMs: 1_800_000, windowMs: 60_000 },
      statedWeights: STATED,
    },
    requests: [],
    tries: [],
    effects: [],
    events: [],
    rows: { aws: [], azure: [], gcp: [] },
    more: {},
    forge: (lines) => lines,
  };
  for (const leg of LEGS) addRun(fixture, leg);
  addRequests(fixture);
  addTries(fixture);
  return fixture;
}

function addRun(fixture: DrillFixture, leg: Leg): void {
  const { run, runbook, from, to, weights } = leg;
  const { note, act, hold, acts } = recorder(fixture, leg);
  const plan = `plan-of-${run}`;
  note("run-started", 0, { runbook, input: { from, to }, requestedBy: "olivia", profile: "drill" });
  note("read", 50, { name: "the world before" });
  // The same list is filled by the acts below: a plan made with hindsight.
  note("planned", 60, { hash: plan, acts, guards: [] });
  note("approved", 70, { by: "policy", hash: plan });
  act(200, "scale", `cluster/${to}-west`);
  act(500, "set-weights", "traffic", {
    before: { weights: weights[0] },
    answer: { policy: { weights: weights[1] } },
  });
  hold(600, 2000);
  act(3000, "set-weights", "traffic", {
    before: { weights: weights[1] },
    answer: { policy: { weights: weights[2] } },
  });
  hold(3100, 2000);
  note("pivot-started", PIVOT_MS[0], { name: "move the primary" });
  act(PIVOT_MS[0], "block-writes", `database/wildlifedb@${from}`);
  act(PIVOT_MS[0] + 100, "promote", `database/wildlifedb@${to}`);
  note("pivot-committed", PIVOT_MS[0] + 200, { name: "move the primary" });
  note("pivot-finished", PIVOT_MS[1], { name: "move the primary" });
  hold(PIVOT_MS[1] + 50, 3000);
  act(10_700, "scale", `cluster/${from}-west`);
  note("check-passed", 11_000, { step: "last", name: "from outside", evidence: {} });
  note("run-ended", 11_100, { outcome: "completed", durationMs: 11_100 });
}

type Seen = { before?: unknown; answer?: unknown };

/** Notes down events, acts (with their effects) and holds, at ms from the run's start. */
function recorder(fixture: DrillFixture, { run, startMs, to }: Leg) {
  const acts: Record<string, unknown>[] = [];
  let sequence = 0;
  const note = (type: string, ms: number, data: Record<string, unknown>): void => {
    fixture.events.push({ run, type, time: at(startMs + ms), by: "engine", data });
  };
  const act = (ms: number, op: string, target: string, { before = null, answer = {} }: Seen = {}): void => {
    sequence += 1;
    const key = `${run}/${sequence}`;
    const name = `${op} of ${target}`;
    acts.push({ name, op, target, before: null, after: null });
    note("act-intended", ms, { step: sequence, name, op, target, key, epoch: 1, before });
    fixture.effects.push({
      time: at(startMs + ms + 20),
      effector: op === "set-weights" ? "edge" : `agent-${to}`,
      op,
      key,
      epoch: 1,
      sequence,
      lock: "traffic",
      result: "done",
      answer,
    });
    note("act-done", ms + 30, { step: sequence, name, op, key, result: "done", evidence: {} });
    note("act-verified", ms + 40, { step: sequence, key, evidence: {} });
  };
  const hold = (ms: number, forMs: number): void => {
    sequence += 1;
    note("hold-started", ms, { step: sequence, forMs, windowMs: 2000 });
    note("hold-passed", ms + forMs, { step: sequence, samples: forMs / 200, worst: "p99 12 ms" });
  };
  return { note, act, hold, acts };
}

function weightsAt(ms: number): Weights {
  const changes = LEGS.flatMap(({ startMs, weights }) => [
    { fromMs: startMs + 520, weights: weights[1] },
    { fromMs: startMs + 3020, weights: weights[2] },
  ]);
  return changes.findLast((change) => change.fromMs <= ms)?.weights ?? STATED;
}

function addRequests(fixture: DrillFixture): void {
  for (let n = 0; n < (LOAD_MS * RATE) / 1000; n += 1) {
    const ms = (n * 1000) / RATE;
    // 37 and 100 have no common factor: every hundred requests hit each percent once.
    let left = (n * 37) % 100;
    const cloud = Object.entries(weightsAt(ms)).find(([, weight]) => (left -= weight) < 0)?.[0] ?? "none";
    const isWrite = n % 10 === 3;
    const key = isWrite ? `drill-1-${n}` : null;
    const pivotEndMs =
      LEGS.map(({ startMs }) => startMs + PIVOT_MS[1]).find((end) => ms > end - 400 && ms < end) ?? 0;
    fixture.requests.push({
      scheduled: at(ms),
      sent: at(ms + 0.5),
      ended: at(Math.max(ms + 8, isWrite ? pivotEndMs : 0)),
      method: isWrite ? "POST" : "GET",
      path: "/observations",
      key,
      status: isWrite ? 201 : 200,
      cloud,
      error: null,
    });
    if (key !== null) for (const held of CLOUDS) fixture.rows[held]?.push(key);
  }
}

function addTries(fixture: DrillFixture): void {
  const [over, back] = LEGS.map(({ startMs }) => ({
    end: startMs + PIVOT_MS[0],
    begin: startMs + PIVOT_MS[1],
  }));
  if (over === undefined || back === undefined) throw new Error("a drill has two legs");
  const reigns = [
    { cloud: "aws", timeline: 1, fromMs: 0, toMs: over.end },
    { cloud: "azure", timeline: 2, fromMs: over.begin, toMs: back.end },
    { cloud: "aws", timeline: 3, fromMs: back.begin, toMs: Infinity },
  ];
  for (let ms = 0; ms < LOAD_MS; ms += 20) {
    for (const cloud of CLOUDS) {
      const reign = reigns.find((some) => some.cloud === cloud && ms >= some.fromMs && ms < some.toMs);
      fixture.tries.push({
        time: at(ms + 3),
        cloud,
        ok: reign !== undefined,
        timeline: reign?.timeline ?? null,
        error: reign === undefined ? "25006: read-only" : null,
      });
    }
  }
}

/** Writes the records into a new temporary folder, and answers its path. */
export function write(fixture: DrillFixture): string {
  const dir = mkdtempSync(join(tmpdir(), "drill-judge-"));
  const save = (name: string, lines: readonly string[]): void => {
    writeFileSync(join(dir, name), lines.map((line) => `${line}\n`).join(""));
  };
  save("drill.json", [JSON.stringify(fixture.intent)]);
  save(
    "client.ndjson",
    fixture.requests.map((request) => JSON.stringify(request)),
  );
  save(
    "writers.ndjson",
    fixture.tries.map((attempt) => JSON.stringify(attempt)),
  );
  save(
    "effects.ndjson",
    fixture.effects.map((effect) => JSON.stringify(effect)),
  );
  save("ledger.jsonl", fixture.forge(chain(fixture.events)));
  for (const [cloud, keys] of Object.entries(fixture.rows)) {
    save(
      `rows-${cloud}.ndjson`,
      keys.map((key) => JSON.stringify({ key })),
    );
  }
  for (const [name, lines] of Object.entries(fixture.more)) {
    save(
      name,
      lines.map((line) => JSON.stringify(line)),
    );
  }
  return dir;
}

function chain(drafts: readonly Draft[]): string[] {
  const lasts = new Map<string, { index: number; hash: string }>();
  return drafts.map((draft) => {
    const last = lasts.get(draft.run) ?? { index: -1, hash: "0".repeat(64) };
    const body = { v: 1, ...draft, index: last.index + 1, previous: last.hash };
    const hash = hashOf(body);
    lasts.set(draft.run, { index: body.index, hash });
    return JSON.stringify({ ...body, hash });
  });
}
