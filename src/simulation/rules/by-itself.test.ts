import { describe, expect, test } from "vitest";
import { type BegunRun, ByItself, type Condition, type ModesInForce } from "./by-itself.ts";

const limits = { dwellMs: 1_000, backMs: 15_000, backMostMs: 300_000, runsPerHour: 2 };
const LOOK_MS = 50;

const ALL_ACT: ModesInForce = { shift: "act", promote: "act", restore: "act" };

function night(changed: Partial<ModesInForce> = {}) {
  const modes = { ...ALL_ACT, ...changed };
  const judge = new ByItself(["aws", "azure", "gcp"], limits, modes);
  let nowMs = 0;
  const shares: Record<string, number> = {};
  const pass = (ms: number, of: Partial<Record<string, Condition>> = {}): void => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += LOOK_MS)
      for (const cloud of ["aws", "azure", "gcp"])
        judge.is(cloud, { condition: of[cloud] ?? "well", share: shares[cloud] ?? 0 }, nowMs);
  };
  const begins = (runbook: string, how: Partial<BegunRun> = {}): void => {
    const run = { run: `${runbook}-aws`, runbook, cloud: "aws", mode: "act" as const, isSecond: false };
    const database = runbook === "survive-outage" ? "move" : null;
    judge.begun({ ...run, database, ...how }, nowMs);
  };
  const broken = () => judge.violations().map(({ invariant }) => invariant);
  return { judge, pass, begins, broken, shares };
}

const DEAD = { aws: "dead" } as const;

describe("what begins by itself", () => {
  test("breaks nothing where an outage is answered, and its cloud brought back when it has been well for the way back", () => {
    const { pass, begins, broken, judge } = night();
    pass(6_000);
    pass(2_000, DEAD);
    begins("survive-outage");
    pass(20_000, DEAD);
    pass(16_000);
    expect(judge.away).toEqual(["aws"]);
    begins("restore-traffic");
    pass(5_000);
    expect({ broken: broken(), away: judge.away }).toEqual({ broken: [], away: [] });
  });

  test("breaks S10 while its cloud is well, and after a moment of trouble", () => {
    const well = night();
    well.pass(6_000);
    well.begins("survive-outage");
    expect(well.broken()).toEqual(["S10"]);
    const moment = night();
    moment.pass(6_000);
    moment.pass(400, DEAD);
    moment.begins("survive-outage");
    expect(moment.broken()).toEqual(["S10"]);
  });

  test("breaks S10 where a cloud is brought back too soon", () => {
    const { pass, begins, broken } = night();
    pass(3_000, DEAD);
    begins("survive-outage");
    pass(10_000);
    begins("restore-traffic");
    expect(broken()).toEqual(["S10"]);
  });

  test("breaks S10 where a cloud that comes and goes is moved away from again and again", () => {
    const { pass, begins, broken } = night();
    for (let times = 0; times < 4; times += 1) {
      pass(2_000, DEAD);
      begins("survive-outage");
      pass(16_000);
      begins("restore-traffic");
    }
    expect(broken()).toContain("S10");
  });

  test("breaks S18 while it is stopped, where it is to say so only, and where nobody else is well", () => {
    const stopped = night();
    stopped.pass(3_000, DEAD);
    stopped.judge.stopped = true;
    stopped.begins("survive-outage");
    expect(stopped.broken()).toEqual(["S18"]);
    const says = night({ shift: "observe" });
    says.pass(3_000, DEAD);
    says.begins("survive-outage");
    expect(says.broken()).toEqual(["S18"]);
    const all = night();
    all.pass(10_000, { aws: "dead", azure: "dead", gcp: "part" });
    all.begins("survive-outage");
    expect(all.broken()).toEqual(["S18"]);
  });

  const proposed = { mode: "propose" } as const;
  test.each<[string, Partial<ModesInForce>, string, Partial<BegunRun>]>([
    [
      "moves traffic, and may propose that only",
      { shift: "propose" },
      "survive-outage",
      { database: "stay" },
    ],
    ["promotes, and may propose that only", { promote: "propose" }, "survive-outage", {}],
    ["promotes, and may say so only", { promote: "observe" }, "survive-outage", proposed],
    ["is the second of two, and acts", { promote: "propose" }, "survive-outage", { isSecond: true }],
    ["brings back, and may propose that only", { restore: "propose" }, "restore-traffic", {}],
    ["brings back, and may say so only", { restore: "observe" }, "restore-traffic", proposed],
  ])("breaks S18 where a run %s", (_words, modes, runbook, how) => {
    const { pass, begins, broken } = night();
    const judged = night(modes);
    for (const one of [{ pass, begins }, judged]) {
      one.pass(3_000, DEAD);
      if (runbook === "restore-traffic") {
        one.begins("survive-outage", proposed);
        one.pass(16_000);
      }
      one.begins(runbook, how);
    }
    expect(broken()).toEqual([]);
    const said = judged.judge.violations().map(({ invariant, what }) => `${invariant} ${what}`);
    expect(said).toContainEqual(expect.stringMatching(/^S18 .* its mode is to (propose|say so only)$/));
  });

  test("breaks nothing where what it may not do is proposed, beside what it may", () => {
    const { pass, begins, broken } = night({ promote: "propose", restore: "propose" });
    pass(3_000, DEAD);
    begins("survive-outage", { database: "stay" });
    begins("survive-outage", { ...proposed, isSecond: true });
    pass(16_000);
    begins("restore-traffic", proposed);
    expect(broken()).toEqual([]);
  });

  test("breaks S18 beyond the limit of an hour", () => {
    const { pass, begins, broken } = night();
    for (let times = 0; times < 3; times += 1) {
      pass(2_000, DEAD);
      begins("survive-outage");
      pass(400_000);
      begins("restore-traffic");
    }
    expect(broken()).toEqual(["S18"]);
  });

  test("breaks S18 a second time in one outage, unless it got worse", () => {
    const twice = night();
    twice.pass(3_000, DEAD);
    twice.begins("survive-outage");
    twice.pass(3_000, DEAD);
    twice.begins("survive-outage");
    expect(twice.broken()).toEqual(["S18"]);
    const worse = night();
    worse.pass(3_000, { aws: "part" });
    worse.begins("survive-outage");
    worse.pass(3_000, DEAD);
    worse.begins("survive-outage");
    expect(worse.broken()).toEqual([]);
    const often = night();
    often.pass(3_000, { aws: "part" });
    for (let times = 0; times < 3; times += 1) {
      often.begins("survive-outage");
      often.pass(3_000, { aws: "part" });
    }
    expect(often.broken()).toContain("S18");
    const back = night();
    back.pass(3_000, { aws: "part" });
    back.begins("survive-outage");
    back.pass(3_000);
    back.begins("survive-outage");
    expect(back.broken()).toEqual(["S18"]);
  });
});

describe("an outage that lasts", () => {
  test("breaks L6 where nothing begins", () => {
    const { pass, broken } = night();
    pass(6_000);
    pass(30_000, DEAD);
    expect(broken()).toEqual(["L6"]);
  });

  test("breaks L6 where it was answered, and traffic still goes there, unless runs are held up", () => {
    const { pass, begins, broken, shares, judge } = night();
    shares["aws"] = 10;
    pass(2_000, DEAD);
    begins("survive-outage");
    judge.heldUp = true;
    pass(20_000, DEAD);
    expect(broken()).toEqual([]);
    judge.heldUp = false;
    pass(12_000, DEAD);
    expect(broken()).toEqual(["L6"]);
  });

  test("breaks nothing where automation is stopped, nobody can see it, or nobody else is well", () => {
    const stopped = night();
    stopped.judge.stopped = true;
    stopped.pass(30_000, DEAD);
    const blinded = night();
    blinded.judge.blinded = true;
    blinded.pass(30_000, DEAD);
    const all = night();
    all.pass(30_000, { aws: "dead", azure: "dead", gcp: "dead" });
    expect([stopped.broken(), blinded.broken(), all.broken()]).toEqual([[], [], []]);
  });
});
