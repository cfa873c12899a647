import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { renderMarkdown } from "./judge-markdown.ts";
import { at, goodDrill, write, type DrillFixture } from "./judge.fixture.ts";
import { judge, type Report } from "./judge.ts";

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function saved(change: (drill: DrillFixture) => void): string {
  const drill = goodDrill();
  change(drill);
  const dir = write(drill);
  dirs.push(dir);
  return dir;
}

function judged(change: (drill: DrillFixture) => void = () => {}): Report {
  return judge(saved(change)).report;
}

function reds(report: Report): string[] {
  return report.checks.filter((check) => !check.ok).map((check) => check.name);
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the fixture has no such record");
  return value;
}

/** The n-th event of a type. */
function event(drill: DrillFixture, type: string, n = 0): DrillFixture["events"][number] {
  return found(drill.events.filter((some) => some.type === type)[n]);
}

const aGet = (drill: DrillFixture) => found(drill.requests.find((request) => request.method === "GET"));
const aWrite = (drill: DrillFixture) => found(drill.requests.find((request) => request.method === "POST"));
const shifts = (drill: DrillFixture) => drill.effects.filter((effect) => effect.op === "set-weights");

describe("a drill that broke off", () => {
  test("a drill whose runs never began is judged, and is red", () => {
    const report = judged((drill) => {
      drill.events = [];
      drill.effects = [];
    });
    expect(report.ok).toBe(false);
    expect(report.runs).toEqual([]);
    expect(report.database.blockedWritesMs).toEqual([null, null]);
  });
});

describe("a drill that went well", () => {
  test("is green in every check, and its numbers are those of the records", () => {
    const report = judged();
    expect(reds(report)).toEqual([]);
    expect(report).toMatchObject({
      drill: "planned-failover",
      ok: true,
      traffic: { ratePerSecond: 100, requests: 3000, failed: 0, p50Ms: 8, p99Ms: 8 },
      database: {
        acknowledgedWrites: 300,
        lostWrites: 0,
        twoWritersMs: 0,
        primaryBefore: "aws",
        primaryAfter: "azure",
        primaryRestored: "aws",
      },
      weights: {
        before: { aws: 34, azure: 33, gcp: 33 },
        after: { aws: 0, azure: 67, gcp: 33 },
        restored: { aws: 34, azure: 33, gcp: 33 },
      },
      effects: { done: 12, found: 0, repeated: 0, refused: 0 },
      runs: [
        {
          id: "run-1",
          runbook: "manual-failover",
          outcome: "completed",
          durationMs: 11_100,
          ledgerVerified: true,
        },
        { id: "run-2", runbook: "rollback", outcome: "completed", durationMs: 11_100, ledgerVerified: true },
      ],
    });
    expect(report.database.blockedWritesMs).toEqual([462, 462]);
  });

  test("has a report that names both runs, the limits, the shortened holds and the files", () => {
    const page = renderMarkdown(judge(saved(() => {})));
    expect(page).toContain("# Planned move of traffic and primary: passed");
    expect(page).toContain("**manual-failover** starts, asked for by olivia");
    expect(page).toContain("the soak after the primary moved is 3 s, in production 30 min");
    expect(page).toContain("rollback was approved by policy");
    expect(page).toMatch(/p99 +▁+/);
    expect(page).not.toContain("RED");
  });

  test("may have the database stay where it is", () => {
    const report = judged((drill) => {
      drill.intent["database"] = "stay";
      drill.tries = drill.tries.map((attempt) => ({
        ...attempt,
        ok: attempt.cloud === "aws",
        timeline: attempt.cloud === "aws" ? 1 : null,
      }));
    });
    expect(reds(report)).toEqual([]);
  });

  test("may hold repeated and refused effects, and acts that were tried again under their key", () => {
    const report = judged((drill) => {
      const effect = found(drill.effects[0]);
      drill.effects.push({ ...effect, result: "repeated" }, { ...effect, key: "run-0/9", result: "refused" });
      const intended = event(drill, "act-intended");
      drill.events.splice(drill.events.indexOf(intended) + 1, 0, { ...intended });
    });
    expect(reds(report)).toEqual([]);
  });

  test("may have acts whose effects are branches of their key", () => {
    const report = judged((drill) => {
      const effect = found(drill.effects[0]);
      drill.effects.push({ ...effect, key: `${effect.key}.gcp` });
      effect.key = `${effect.key}.azure`;
    });
    expect(reds(report)).toEqual([]);
  });
});

type Falsification = readonly [title: string, change: (drill: DrillFixture) => void, red: readonly string[]];

const TRAFFIC: readonly Falsification[] = [
  ["a request answered 503", (drill) => (aGet(drill).status = 503), ["failedRequests"]],
  ["a request answered 404", (drill) => (aGet(drill).status = 404), ["failedRequests"]],
  [
    "a request without an answer",
    (drill) => Object.assign(aGet(drill), { status: null, cloud: null, error: "ECONNRESET" }),
    ["failedRequests"],
  ],
  [
    "two in a hundred requests answered late",
    (drill) =>
      drill.requests.forEach((request, n) => n % 50 === 0 && (request.ended = request.scheduled + 251)),
    ["p99Ms"],
  ],
  [
    "one in fifty requests taken out of the records",
    (drill) => (drill.requests = drill.requests.filter((_, n) => n % 50 !== 1)),
    ["loadCoverage"],
  ],
  [
    "a load that began after the first act",
    (drill) => {
      drill.requests = drill.requests.filter((request) => request.scheduled > at(2300));
    },
    ["loadCoverage", "trafficFollowedWeights"],
  ],
  [
    "a load that ended before the last check",
    (drill) => (drill.requests = drill.requests.filter((request) => request.scheduled < at(26_900))),
    ["loadCoverage"],
  ],
  [
    "a generator that fell behind its schedule",
    (drill) =>
      drill.requests.forEach((request) => {
        request.sent = request.scheduled + 130;
        request.ended += 130;
      }),
    ["loadCoverage"],
  ],
  [
    "half the rate that was promised",
    (drill) => (drill.requests = drill.requests.filter((_, n) => n % 20 < 10)),
    ["loadCoverage"],
  ],
  [
    "load that never wrote",
    (drill) => drill.requests.forEach((request) => (request.method = "GET")),
    ["lostWrites", "blockedWritesMsForward", "blockedWritesMsBackward", "loadCoverage"],
  ],
  [
    "a drained cloud that still serves",
    (drill) =>
      drill.requests
        .filter((request) => request.scheduled > at(6000) && request.scheduled < at(16_000))
        .forEach((request, n) => n % 20 === 0 && (request.cloud = "aws")),
    ["trafficFollowedWeights"],
  ],
  [
    "clouds served otherwise than their weights say",
    (drill) =>
      drill.requests
        .filter((request) => request.scheduled > at(20_000) && request.cloud === "gcp")
        .forEach((request) => (request.cloud = "aws")),
    ["trafficFollowedWeights"],
  ],
  [
    "weights that did not come back",
    (drill) =>
      (found(shifts(drill).at(-1))["answer"] = { policy: { weights: { aws: 33, azure: 34, gcp: 33 } } }),
    ["weights"],
  ],
];

const DATABASE: readonly Falsification[] = [
  [
    "an acknowledged key missing from the final primary",
    (drill) => (drill.rows["aws"] = drill.rows["aws"]?.slice(1) ?? []),
    ["lostWrites"],
  ],
  [
    "an acknowledged key missing from one standby",
    (drill) => (drill.rows["gcp"] = drill.rows["gcp"]?.slice(1) ?? []),
    ["lostWrites"],
  ],
  [
    "a lost write whose answer broke off after its status",
    (drill) => {
      aWrite(drill).error = "body broke off";
      drill.rows["aws"] = drill.rows["aws"]?.slice(1) ?? [];
    },
    ["failedRequests", "lostWrites"],
  ],
  ["a key with two rows", (drill) => drill.rows["azure"]?.push("drill-1-3"), ["doubledWrites"]],
  [
    "writes that paused for more than a second going over",
    (drill) => delayWrites(drill, 9000, 10_050),
    ["blockedWritesMsForward"],
  ],
  [
    "writes that paused for more than a second coming back",
    (drill) => delayWrites(drill, 23_000, 24_050),
    ["blockedWritesMsBackward"],
  ],
  [
    "no write acknowledged from the second pivot on",
    (drill) =>
      drill.requests
        .filter((request) => request.method === "POST" && request.scheduled > at(28_500))
        .forEach((request) => (request.status = 503)),
    ["failedRequests", "blockedWritesMsBackward"],
  ],
  [
    "one commit acknowledged by a second database",
    (drill) =>
      Object.assign(
        found(drill.tries.find((attempt) => attempt.cloud === "gcp" && attempt.time > at(20_000))),
        { ok: true, timeline: 4 },
      ),
    ["twoWritersMs"],
  ],
  [
    "one commit acknowledged by the old primary after the new one began",
    (drill) =>
      Object.assign(
        found(drill.tries.find((attempt) => attempt.cloud === "aws" && attempt.time > at(9500))),
        { ok: true, timeline: 1 },
      ),
    ["twoWritersMs"],
  ],
  [
    "a primary that never moved",
    (drill) => {
      drill.tries = drill.tries.map((attempt) => ({
        ...attempt,
        ok: attempt.cloud === "aws",
        timeline: attempt.cloud === "aws" ? 1 : null,
      }));
    },
    ["primaryMoved"],
  ],
  [
    "a database at which nobody tried for more than a second",
    (drill) =>
      (drill.tries = drill.tries.filter(
        ({ cloud, time }) => cloud !== "gcp" || time < at(9000) || time > at(10_050),
      )),
    ["writerCoverage"],
  ],
  [
    "a database at which somebody tried too seldom",
    (drill) => (drill.tries = drill.tries.filter(({ cloud }, n) => cloud !== "azure" || n % 9 > 4)),
    ["writerCoverage"],
  ],
  [
    "a database at which nobody tried",
    (drill) => (drill.tries = drill.tries.filter((attempt) => attempt.cloud !== "gcp")),
    ["writerCoverage"],
  ],
];

const RUNS: readonly Falsification[] = [
  [
    "a run that failed",
    (drill) => (event(drill, "run-ended", 1).data["outcome"] = "failed"),
    ["runsCompleted"],
  ],
  ["a hold that was cut short", (drill) => (event(drill, "hold-passed").time -= 500), ["holdsKept"]],
  ["a hold that nobody watched", (drill) => (event(drill, "hold-passed").data["samples"] = 1), ["holdsKept"]],
  ["a soak no longer than a dwell", (drill) => (event(drill, "hold-passed", 2).time -= 1000), ["holdsKept"]],
  [
    "a shift with no hold after it",
    (drill) => {
      const step = event(drill, "hold-started", 1).data["step"];
      drill.events = drill.events.filter(
        (some) => !(some.run === "run-1" && some.type.startsWith("hold-") && some.data["step"] === step),
      );
      // The soak is left, but before the last shift: what remains after it is the pivot's own.
      drill.events = drill.events.filter(
        (some) => !(some.run === "run-1" && some.type.startsWith("hold-") && some.time > at(9000)),
      );
    },
    ["holdsKept"],
  ],
  [
    "weights set again too soon, by the edge's own account",
    (drill) => (found(shifts(drill)[1]).time -= 600),
    ["holdsKept", "effectsMatchLedger"],
  ],
  [
    "an approval of another plan",
    (drill) => (event(drill, "approved").data["hash"] = "another"),
    ["planFollowed"],
  ],
  [
    "a plan that nobody approved",
    (drill) => drill.events.splice(drill.events.indexOf(event(drill, "approved")), 1),
    ["planFollowed"],
  ],
  [
    "an act on another target than the plan's",
    (drill) => (event(drill, "act-intended").data["target"] = "cluster/gcp-west"),
    ["planFollowed"],
  ],
  [
    "an effect carried out twice",
    (drill) => drill.effects.push({ ...found(drill.effects[0]) }),
    ["effectsMatchLedger"],
  ],
  [
    "an effect that the ledger does not know",
    (drill) => drill.effects.push({ ...found(drill.effects[0]), op: "drop-slot", key: "by-hand/1" }),
    ["effectsMatchLedger"],
  ],
  ["an act that no effector knows", (drill) => drill.effects.splice(0, 1), ["effectsMatchLedger"]],
  ["an effect before its intent", (drill) => (found(drill.effects[0]).time -= 100), ["effectsMatchLedger"]],
  [
    "an edited event in the ledger",
    (drill) => (drill.forge = (lines) => lines.map((line) => line.replace("olivia", "oliver"))),
    ["ledgerVerified"],
  ],
  [
    "an event taken out of the ledger",
    (drill) =>
      (drill.forge = (lines) =>
        lines.filter((line) => !(line.includes('"act-verified"') && line.includes('"run-1/1"')))),
    ["ledgerVerified"],
  ],
  [
    "a ledger cut off at its end",
    (drill) => (drill.forge = (lines) => lines.slice(0, -1)),
    ["runsCompleted", "ledgerVerified"],
  ],
];

/** Writes due in the stretch are acknowledged only at its end. */
function delayWrites(drill: DrillFixture, fromMs: number, toMs: number): void {
  for (const request of drill.requests) {
    if (request.method === "POST" && request.ended > at(fromMs) && request.ended < at(toMs))
      request.ended = at(toMs);
  }
}

describe.each([
  ["traffic", TRAFFIC],
  ["database", DATABASE],
  ["runs", RUNS],
])("records of %s that were falsified turn exactly their check red", (_, falsifications) => {
  test.each(falsifications)("%s", (_title, change, red) => {
    const report = judged(change);
    expect(reds(report).toSorted()).toEqual([...red].toSorted());
    expect(report.ok).toBe(false);
  });
});
