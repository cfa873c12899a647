import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { judgeDrill } from "./judge-drill.ts";
import { at, write } from "./judge.fixture.ts";
import { goodInterrupted, type InterruptedFixture } from "./judge-interrupted.fixture.ts";

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function judged(change: (drill: InterruptedFixture) => void = () => {}) {
  const drill = goodInterrupted();
  change(drill);
  drill.more = { "kills.ndjson": drill.kills, "seen.ndjson": drill.seen, "counts.ndjson": drill.counts };
  const dir = write(drill);
  dirs.push(dir);
  return judgeDrill(dir);
}

function reds(change: (drill: InterruptedFixture) => void): string[] {
  const { report } = judged(change);
  expect(report.ok).toBe(false);
  return report.checks.flatMap(({ ok, name }) => (ok ? [] : [name])).toSorted();
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the fixture has no such record");
  return value;
}

const effectOf = (drill: InterruptedFixture, op: string) =>
  found(drill.effects.find((effect) => effect.op === op));
const lastCount = (drill: InterruptedFixture, name: string) =>
  found(drill.counts.findLast((count) => count["name"] === name));

describe("a drill that survived its interruptions", () => {
  test("is green in every check, and says what was done and how soon runs went on", () => {
    const { report, markdown } = judged();
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({
      drill: "interrupted",
      ok: true,
      kills: 3,
      resumeMs: { p50: 15, p99: 110 },
      effectsTwice: 0,
      lostWrites: 0,
      twoWritersMs: 0,
      blockedWritesMs: [462, 462],
      kinds: { "kill worker and engine": 1, "stop engine": 1, "kill worker": 1 },
      places: { interrupted: 3, missed: [] },
    });
    expect(Object.keys(report).slice(0, 10)).toEqual([
      "drill",
      "ok",
      "kills",
      "resumeMs",
      "effectsTwice",
      "lostWrites",
      "twoWritersMs",
      "blockedWritesMs",
      "runs",
      "out",
    ]);
    expect(markdown).toContain("interrupted 3 times in 2 runs, and every run came to its end");
    expect(markdown).not.toContain("RED");
  });

  test("may pause writes for longer than usual where the pivot itself was interrupted", () => {
    expect(judged((drill) => delayWrites(drill, 9000, 12_000)).report.ok).toBe(true);
  });

  test("has nothing to resume where the run had ended before the victims were back", () => {
    const { report, markdown } = judged((drill) =>
      Object.assign(found(drill.kills[2]), { restartedMs: 12_000 }),
    );
    expect(report.ok).toBe(true);
    expect(markdown).toContain("had ended");
  });

  test("counts no event that could be read before the victims were back", () => {
    const { report } = judged((drill) => Object.assign(found(drill.kills[2]), { restartedMs: 40 }));
    expect(report).toMatchObject({ resumeMs: { p50: 110, p99: 124 } });
  });

  test("of three members waits for none: it counts from the strike, however late the one that was struck is back", () => {
    const resumeOf = (restartedMs: number) => {
      const { report } = judged((drill) =>
        Object.assign(found(drill.kills[2]), { restartedMs, member: "gcp" }),
      );
      expect(report.ok).toBe(true);
      return "resumeMs" in report ? report.resumeMs : null;
    };
    expect(resumeOf(12_000)).toEqual(resumeOf(5));
    expect(resumeOf(5)?.p99).toBeGreaterThan(100);
  });
});

type Falsification = readonly [string, (drill: InterruptedFixture) => unknown, readonly string[]];

const SURVIVAL: readonly Falsification[] = [
  ["fewer interruptions than were asked for", (drill) => (drill.limits["kills"] = 4), ["kills"]],
  [
    "a place that nobody interrupted",
    (drill) => (drill.limits["places"] = ["read", "inside promote of rollback"]),
    ["places"],
  ],
  [
    "a run that went on too late",
    (drill) => {
      drill.seen = drill.seen.filter(
        ({ run, time }) => run !== "run-2" || Number(time) < at(16_060) || Number(time) > at(21_100),
      );
    },
    ["resumeMs"],
  ],
  [
    "a run that only went on once the member that was struck was back, of three",
    (drill) => {
      Object.assign(found(drill.kills[2]), { restartedMs: 6_000, member: "gcp" });
      drill.seen = drill.seen.filter(
        ({ run, time }) => run !== "run-2" || Number(time) < at(16_060) || Number(time) > at(22_100),
      );
    },
    ["resumeMs"],
  ],
  [
    "a run that went on too late beside a member that stood still, of three",
    (drill) => {
      const { restartedMs: _killed, ...kill } = found(drill.kills[2]);
      drill.kills[2] = { ...kill, kind: "stop", contMs: 5_000, member: "gcp" };
      drill.seen = drill.seen.filter(
        ({ run, time }) => run !== "run-2" || Number(time) < at(16_060) || Number(time) > at(26_200),
      );
    },
    ["frozenResumeMs"],
  ],
  [
    "a hold that ended too late after an interruption",
    (drill) => {
      const isLate = (time: unknown) => Number(time) > at(4_500) && Number(time) < at(9_700);
      drill.kills.splice(1, 1);
      Object.assign(drill.limits, { kills: 2, places: [] });
      drill.seen = drill.seen.filter(({ run, time }) => run !== "run-1" || !isLate(time));
    },
    ["resumeMs"],
  ],
  [
    "a run that never went on",
    (drill) =>
      (drill.seen = drill.seen.filter(({ run, time }) => run !== "run-2" || Number(time) < at(16_060))),
    ["resumeMs"],
  ],
  [
    "a run that was undone",
    (drill) => (found(drill.events.findLast(({ type }) => type === "run-ended")).data["outcome"] = "undone"),
    ["runsCompleted"],
  ],
  [
    "a hold that nobody watched for as long as it had to last",
    (drill) => (found(drill.events.find(({ type }) => type === "hold-passed")).data["samples"] = 0),
    ["holdsKept"],
  ],
  [
    "a ledger cut off at its end",
    (drill) => (drill.forge = (lines) => lines.slice(0, -1)),
    ["ledgerVerified", "runsCompleted"],
  ],
];

const TWICE: readonly Falsification[] = [
  [
    "a key that was done twice",
    (drill) => drill.effects.push({ ...effectOf(drill, "block-writes") }),
    ["effectsMatchLedger", "effectsTwice"],
  ],
  [
    "one act of the plan done under two keys",
    (drill) => {
      const intended = found(drill.events.find(({ data }) => data["op"] === "block-writes"));
      const again = { ...intended, data: { ...intended.data, key: "run-1/77" } };
      drill.events.splice(drill.events.indexOf(intended) + 1, 0, again);
      drill.effects.push({ ...effectOf(drill, "block-writes"), key: "run-1/77" });
    },
    ["effectsTwice", "planFollowed"],
  ],
  [
    "an effect of the run that the ledger never meant",
    (drill) => drill.effects.push({ ...effectOf(drill, "block-writes"), key: "run-1/78" }),
    ["effectsMatchLedger", "effectsTwice"],
  ],
  [
    "a traffic policy that was changed once more than any effector knows",
    (drill) => (lastCount(drill, "traffic")["value"] = 6),
    ["effectsTwice"],
  ],
  [
    "a cluster whose generation went up once more than any effector knows",
    (drill) => (lastCount(drill, "cluster/aws-west")["value"] = 4),
    ["effectsTwice"],
  ],
  [
    "a timeline that no promotion began",
    (drill) => {
      for (const attempt of drill.tries) if (attempt.timeline === 3) attempt.timeline = 4;
    },
    ["effectsTwice"],
  ],
  [
    "an effect that the world does not count",
    (drill) => (lastCount(drill, "cluster/azure-west")["value"] = 2),
    ["effectsCounted"],
  ],
  ["a world that nobody counted", (drill) => (drill.counts = []), ["effectsCounted"]],
];

const CLIENTS: readonly Falsification[] = [
  [
    "writes that paused for more than a second where the pivot was left alone",
    (drill) => delayWrites(drill, 23_000, 24_050),
    ["blockedWritesMs"],
  ],
  [
    "writes that paused for more than ten where it was not",
    (drill) => {
      drill.limits["blockedWritesInPivotMs"] = 2_000;
      delayWrites(drill, 9_000, 12_000);
    },
    ["blockedWritesMs"],
  ],
  ["a request that failed", (drill) => (found(drill.requests[5]).status = 502), ["failedRequests"]],
  [
    "an acknowledged write that is gone",
    (drill) => (drill.rows["gcp"] = drill.rows["gcp"]?.slice(1) ?? []),
    ["lostWrites"],
  ],
  ["a write that was kept twice", (drill) => drill.rows["azure"]?.push("drill-1-3"), ["doubledWrites"]],
  [
    "a commit acknowledged by a second database",
    (drill) =>
      Object.assign(
        found(drill.tries.find((attempt) => attempt.cloud === "gcp" && attempt.time > at(20_000))),
        { ok: true, timeline: 3 },
      ),
    ["twoWritersMs"],
  ],
];

/** Writes due in the stretch are acknowledged only at its end. */
function delayWrites(drill: InterruptedFixture, fromMs: number, toMs: number): void {
  for (const request of drill.requests)
    if (request.method === "POST" && request.ended > at(fromMs) && request.ended < at(toMs))
      request.ended = at(toMs);
}

describe.each([
  ["survival", SURVIVAL],
  ["effects", TWICE],
  ["clients", CLIENTS],
])("records of %s that were falsified turn exactly their check red", (_, falsifications) => {
  test.each(falsifications)("%s", (_title, change, red) => {
    expect(reds(change)).toEqual([...red].toSorted());
  });
});

test("an interruption that does not say when its victims were back cannot be judged", () => {
  expect(() => judged((drill) => delete found(drill.kills[0])["restartedMs"])).toThrow(
    'kills.ndjson:1: "restartedMs" is not a number',
  );
});
