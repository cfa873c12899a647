import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { judgeDrill } from "./judge-drill.ts";
import { at, write } from "./judge.fixture.ts";
import { dueFrom, event, found, shifts, without } from "./judge-outage-edits.fixture.ts";
import { BACK_MS, goodOutage, KILLED_MS, type OutageFixture, said, whole } from "./judge-outage.fixture.ts";

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function reds(change: (drill: OutageFixture) => unknown): string[] {
  const drill = goodOutage();
  change(drill);
  const dir = write(whole(drill));
  dirs.push(dir);
  const { report } = judgeDrill(dir);
  return report.checks.flatMap(({ ok, name }) => (ok ? [] : [name])).toSorted();
}

type Falsification = readonly [string, (drill: OutageFixture) => unknown, readonly string[]];

const SEEING: readonly Falsification[] = [
  [
    "a verdict that came too late",
    (drill) => {
      drill.limits["detectedMs"] = 2_900;
    },
    ["detectedMs"],
  ],
  [
    "a verdict that never came",
    (drill) => (drill.verdicts = drill.verdicts.filter(({ verdict }) => verdict !== "down")),
    ["detectedMs", "quorum", "shiftMs", "stallMs"],
  ],
  [
    "a verdict by one observer alone",
    (drill) => {
      for (const line of drill.verdicts) if (line["verdict"] === "down") line["observers"] = 1;
    },
    ["quorum"],
  ],
  [
    "a cloud called down that was well",
    (drill) => drill.verdicts.push(said(20_000, "gcp", "down")),
    ["falseVerdicts"],
  ],
  [
    "a cloud called down before it was",
    (drill) => drill.verdicts.push(said(5_000, "aws", "down")),
    ["falseVerdicts"],
  ],
  [
    "an orchestrator that was silent after the verdict",
    (drill) => (drill.limits["stallMs"] = 90),
    ["stallMs"],
  ],
];

const SHIFTING: readonly Falsification[] = [
  ["weights that came too late", (drill) => (drill.limits["shiftMs"] = 400), ["shiftMs"]],
  [
    "a client that was still sent there long after the weights",
    (drill) => (dueFrom(drill, 16_500).cloud = "aws"),
    ["shiftMs"],
  ],
  [
    "traffic that never left",
    (drill) => without(drill, found(shifts(drill)[0]), "set-weights"),
    ["failedAfterShift", "leftOnlyTheLost", "shiftMs"],
  ],
  [
    "a well cloud that lost its traffic as well",
    (drill) =>
      Object.assign(found(shifts(drill)[0]), {
        answer: { policy: { weights: { aws: 0, azure: 100, gcp: 0 } } },
      }),
    ["leftOnlyTheLost"],
  ],
  [
    "a read that failed after traffic was away",
    (drill) => (dueFrom(drill, 20_000).status = 503),
    ["failedAfterShift"],
  ],
  [
    "a write that failed once writes were back",
    (drill) => {
      const write_ = found(
        drill.requests.find((one) => one.method === "POST" && one.scheduled >= at(20_000)),
      );
      write_.status = 503;
    },
    ["failedAfterShift"],
  ],
  [
    "more than one read in a thousand",
    (drill) => {
      for (let ms = 0; ms < 600; ms += 100) dueFrom(drill, KILLED_MS + ms).status = 502;
    },
    ["failedReads"],
  ],
];

const WRITING: readonly Falsification[] = [
  ["writes that came back too late", (drill) => (drill.limits["writesBackMs"] = 4_900), ["writesBackMs"]],
  [
    "writes that came back and went again",
    (drill) => {
      drill.limits["writesBackMs"] = 9_000;
      for (const one of drill.requests)
        if (one.method === "POST" && one.ended > at(17_000) && one.ended < at(20_000)) one.ended = at(20_000);
    },
    ["writesBackMs"],
  ],
  [
    "writes that never came back",
    (drill) => {
      for (const one of drill.requests)
        if (one.method === "POST" && one.ended > at(KILLED_MS) && one.ended < at(BACK_MS))
          one.ended = at(BACK_MS + 10);
    },
    ["writesBackMs"],
  ],
  [
    "an acknowledged write that is in no copy any more",
    (drill) => {
      for (const cloud of ["aws", "azure", "gcp"]) drill.rows[cloud] = drill.rows[cloud]?.slice(1) ?? [];
    },
    ["lostWrites"],
  ],
  ["a write that was kept twice", (drill) => drill.rows["azure"]?.push("drill-1-3"), ["doubledWrites"]],
  [
    "an old primary that acknowledged after its return",
    (drill) => {
      for (const one of drill.tries)
        if (one.cloud === "aws" && one.time > at(26_000) && one.time < at(27_000))
          Object.assign(one, { ok: true, timeline: 1 });
    },
    ["twoWritersMs"],
  ],
  [
    "a primary that nobody moved",
    (drill) => {
      drill.tries = drill.tries.map((one) =>
        one.cloud === "azure" ? { ...one, ok: false, timeline: null } : one,
      );
      without(drill, found(drill.effects.find(({ op }) => op === "promote")), "promote");
    },
    ["primaryMoved"],
  ],
  ["a cloud that has no database in the end", (drill) => delete drill.rows["aws"], ["copies"]],
];

const RETURNING: readonly Falsification[] = [
  [
    "all traffic returned in one step",
    (drill) => {
      for (const step of shifts(drill).slice(1, 4)) without(drill, step, "set-weights");
    },
    ["restoreSteps"],
  ],
  [
    "a step that did not stand for its time",
    (drill) => Object.assign(found(shifts(drill)[2]), { time: at(32_500) }),
    ["effectsMatchLedger", "restoreSteps"],
  ],
  [
    "a share that it did not get back",
    (drill) => without(drill, found(shifts(drill).at(-1)), "set-weights"),
    ["restoreSteps"],
  ],
  [
    "traffic that came back to a cloud that was still called down",
    (drill) => {
      for (const line of drill.verdicts) if (line["time"] === at(29_050)) line["time"] = at(33_000);
    },
    ["returnedWell"],
  ],
  [
    "no restoration",
    (drill) => cutRun(drill, "run-2"),
    ["holdsKept", "restoreSteps", "returnedWell", "runsCompleted"],
  ],
  [
    "a survival that was refused",
    (drill) => (event(drill, "run-1", "run-ended").data["outcome"] = "refused"),
    ["runsCompleted"],
  ],
  ["fewer rounds than were asked for", (drill) => (drill.order["repeat"] = 2), ["runsCompleted"]],
  [
    "a hold that nobody watched",
    (drill) => (event(drill, "run-2", "hold-passed").data["samples"] = 0),
    ["holdsKept"],
  ],
];

/** As if it had never been. */
function cutRun(drill: OutageFixture, run: string): void {
  drill.events = drill.events.filter((one) => one.run !== run);
  drill.effects = drill.effects.filter(({ key }) => !key.startsWith(`${run}/`));
  for (const line of drill.counts) if (line["time"] === at(50_000)) line["value"] = 2;
}

const RECORDS: readonly Falsification[] = [
  [
    "a key that was done twice",
    (drill) => drill.effects.push({ ...found(drill.effects.find(({ op }) => op === "rebuild")) }),
    ["effectsMatchLedger", "effectsTwice"],
  ],
  [
    "a change of weights that no effector knows",
    (drill) => (found(drill.counts.findLast(({ name }) => name === "traffic"))["value"] = 7),
    ["effectsTwice"],
  ],
  [
    "a world that was not counted at the end",
    (drill) => (drill.counts = drill.counts.filter(({ time }) => time === at(200))),
    ["worldCounted"],
  ],
  [
    "weights set by nobody's run",
    (drill) => {
      drill.effects.push({ ...found(shifts(drill).at(-1)), time: at(48_000), key: "by-hand/1" });
      found(drill.counts.findLast(({ name }) => name === "traffic"))["value"] = 7;
    },
    ["effectsMatchLedger", "effectsTwice"],
  ],
  [
    "an act that was not in the plan",
    (drill) => {
      const acts = event(drill, "run-2", "planned").data["acts"];
      if (Array.isArray(acts)) acts.pop();
    },
    ["effectsTwice", "planFollowed"],
  ],
  [
    "a ledger that was edited",
    (drill) =>
      (drill.forge = (lines) =>
        lines.map((line, at_) => (at_ === 5 ? line.replace("engine", "nobody") : line))),
    ["ledgerVerified"],
  ],
  [
    "load that paused",
    (drill) =>
      (drill.requests = drill.requests.filter(
        ({ scheduled }) => scheduled < at(50_000) || scheduled > at(51_500),
      )),
    ["loadCoverage"],
  ],
  [
    "a database that nobody watched",
    (drill) =>
      (drill.tries = drill.tries.filter(
        ({ cloud, time }) => cloud !== "aws" || time < at(20_000) || time > at(40_000),
      )),
    ["writerCoverage"],
  ],
];

describe.each([
  ["seeing", SEEING],
  ["traffic", SHIFTING],
  ["writes", WRITING],
  ["the way back", RETURNING],
  ["what was done", RECORDS],
])("records of %s that were falsified turn exactly their check red", (_, falsifications) => {
  test.each(falsifications)("%s", (_title, change, red) => {
    expect(reds(change)).toEqual([...red].toSorted());
  });
});
