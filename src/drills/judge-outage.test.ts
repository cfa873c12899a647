import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { judgeDrill } from "./judge-drill.ts";
import { checkDetected, worst } from "./judge-outage-checks.ts";
import { at, write } from "./judge.fixture.ts";
import { dueFrom, found, reads, without } from "./judge-outage-edits.fixture.ts";
import { goodOutage, KILLED_MS, type OutageFixture, SEEN_MS, whole } from "./judge-outage.fixture.ts";
import { readOutage } from "./judge-outage-records.ts";
import type { Round } from "./judge-outage-rounds.ts";

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function judged(change: (drill: OutageFixture) => unknown = () => {}) {
  const drill = goodOutage();
  change(drill);
  const dir = write(whole(drill));
  dirs.push(dir);
  return judgeDrill(dir);
}

function reds(change: (drill: OutageFixture) => unknown): string[] {
  const { report } = judged(change);
  return report.checks.flatMap(({ ok, name }) => (ok ? [] : [name])).toSorted();
}

function readOutageOf(drill: OutageFixture) {
  const dir = write(whole(drill));
  dirs.push(dir);
  return readOutage(dir);
}

describe("an outage that was survived", () => {
  test("is green in every check, and its numbers are those of the records", () => {
    const { report, markdown } = judged();
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({
      drill: "outage",
      cloud: "aws",
      fault: "kill",
      ok: true,
      detectedMs: 3_000,
      shiftedMs: 3_500,
      writesBackMs: 5_000,
      traffic: { requests: 6_000, failedReads: 0, failedWrites: 0, failedAfterShift: 0 },
      database: { acknowledgedWrites: 600, lostWrites: 0, twoWritersMs: 0, primaryAfter: "azure" },
      orchestrator: { membersLost: 1, effectsTwice: 0 },
      restore: { steps: 4, failed: 0 },
      detected: { p50: 3_000, p99: 3_000 },
    });
    expect(markdown).toContain("# The loss of aws: survived");
    expect(markdown).toContain("It was seen after 3.0 s, no client was sent there after 3.5 s");
    expect(markdown).toContain("| 3.50 | weights in force: aws 0, azure 50, gcp 50 |");
    expect(markdown).not.toContain("RED");
  });

  test("is told in the fields that everybody reads, in their order", () => {
    const { report } = judged();
    expect(Object.keys(report).slice(0, 12)).toEqual([
      "drill",
      "cloud",
      "fault",
      "ok",
      "detectedMs",
      "shiftedMs",
      "writesBackMs",
      "traffic",
      "database",
      "orchestrator",
      "restore",
      "out",
    ]);
    const inside = (name: string) =>
      Object.keys(found(Object.entries(report).find(([key]) => key === name))[1]);
    expect(inside("traffic")).toEqual(["requests", "failedReads", "failedWrites", "failedAfterShift"]);
    expect(inside("database")).toEqual(["acknowledgedWrites", "lostWrites", "twoWritersMs", "primaryAfter"]);
    expect(inside("orchestrator")).toEqual(["membersLost", "stallMs", "effectsTwice"]);
    expect(inside("restore")).toEqual(["steps", "weights", "failed"]);
    expect(report).toHaveProperty("restore.weights.0", { aws: 10, azure: 45, gcp: 45 });
  });

  test("may fail a read in a thousand before traffic is away", () => {
    expect(reds((drill) => (dueFrom(drill, KILLED_MS + 100).status = 502))).toEqual([]);
  });

  test("whose pods were told to make errors is not blamed for these, as long as they had traffic", () => {
    const erring = (drill: OutageFixture) => {
      drill.order["fault"] = "errors";
      for (const fault of drill.faults) fault["fault"] = "errors";
      for (const one of drill.tries)
        Object.assign(one, { ok: one.cloud === "aws", timeline: one.cloud === "aws" ? 1 : null });
      without(drill, found(drill.effects.find(({ op }) => op === "promote")), "promote");
      for (const request of reads(drill))
        if (request.scheduled > at(KILLED_MS) && request.scheduled < at(SEEN_MS)) request.status = 500;
    };
    expect(reds(erring)).toEqual([]);
  });
});

describe("over many rounds", () => {
  const outage = found(readOutageOf(goodOutage()));
  const rounds = (...times: readonly (number | null)[]): Round[] =>
    times.map((ms, at_) => ({
      span: { round: at_ + 1, cloud: "aws", fault: "kill", beginMs: 0, endMs: 20_000, membersLost: 1 },
      untilMs: 30_000,
      survivals: [],
      restorations: [],
      seen: ms === null ? null : { time: ms, member: "azure", cloud: "aws", verdict: "down", observers: 2 },
      shiftedAtMs: ms,
      writesBackAtMs: ms,
      raises: [],
    }));

  test("half of the verdicts have to come within their own limit, and nearly all within the other", () => {
    const check = (...times: readonly (number | null)[]) => checkDetected(rounds(...times), outage);
    expect(check(3_000, 3_000, 3_000, 9_000, 9_000)).toMatchObject({ ok: true, measured: 9_000 });
    expect(check(3_000, 3_000, 4_100, 4_100, 4_100)).toMatchObject({ ok: false, measured: 4_100 });
    expect(check(3_000, 3_000, 3_000, 3_000, 10_001)).toMatchObject({ ok: false, measured: 10_001 });
    expect(check(3_000, 3_000, null, 3_000, 3_000)).toMatchObject({ ok: false, measured: null });
    // A few say nothing of a median.
    expect(check(5_000)).toMatchObject({ ok: true });
  });

  test("each time is that of the worst round, and none where one is not known", () => {
    expect(worst([3_000, 5_000, 4_000])).toBe(5_000);
    expect(worst([3_000, null])).toBeNull();
    expect(worst([])).toBeNull();
  });
});

test("a fault without its time cannot be judged", () => {
  expect(() => judged((drill) => delete found(drill.faults[0])["time"])).toThrow(
    'faults.ndjson:1: "time" is not a number',
  );
});
