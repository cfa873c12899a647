import { expect, test } from "vitest";
import type { Schedule, ScheduledFault } from "./schedule.ts";
import { shrink } from "./shrink.ts";
import type { Watch } from "./watch-schedule.ts";

function fault(kind: string, calls: number): ScheduledFault {
  const at = { call: `do: ${kind}`, nth: 1, phase: "before" as const };
  return { group: "api", kind, actor: "edge", at, lasts: { calls } };
}

function night(faults: readonly ScheduledFault[]): Schedule {
  return {
    v: 1,
    seed: 7,
    runbook: "manual-failover",
    input: { from: "aws", to: "azure" },
    profile: "drill",
    faults: [...faults],
    people: [
      {
        does: "say",
        word: "pause",
        by: "olivia",
        rightHash: true,
        forMs: 86_400_000,
        at: { call: "peek", nth: 1, phase: "before" },
        afterMs: 400,
        twice: true,
      },
    ],
  };
}

const crowd = Array.from({ length: 17 }, (_, index) => fault(`kind-${index}`, 8));

test("of many faults only those stay that it takes, each as short as will do", async () => {
  const { schedule } = await shrink(night(crowd), async ({ faults }) => {
    const kinds = new Map(faults.map(({ kind, lasts }) => [kind, lasts]));
    const long = kinds.get("kind-11");
    return kinds.has("kind-3") && long !== undefined && long !== null && "calls" in long && long.calls >= 3;
  });
  expect(schedule.faults.map(({ kind, lasts }) => [kind, lasts])).toEqual([
    ["kind-3", { calls: 1 }],
    ["kind-11", { calls: 4 }],
  ]);
  expect(schedule.people).toEqual([]);
});

test("a person's act that it takes stays, without its delay and its echo", async () => {
  const { schedule } = await shrink(night(crowd), async ({ people }) => people.length === 1);
  expect(schedule.faults).toEqual([]);
  expect(schedule.people).toMatchObject([{ word: "pause", afterMs: 0, twice: false }]);
});

test("of a watched night only those troubles and words to automation stay that it takes, and it stays a watched one", async () => {
  const actors = ["cloud/aws", "vantage/edge", "server/1", "cloud/gcp"];
  const watch: Watch = {
    troubles: actors.map((actor) => ({ kind: "killed", actor, fromMs: 6_000, forMs: 40_000 })),
    steering: [
      { does: "stop", by: "dana", atMs: 1_000 },
      { does: "start", by: "dana", atMs: 9_000 },
    ],
    runsPerHour: 1,
  };
  const { schedule } = await shrink({ ...night(crowd), watch }, async ({ watch: tried }) => {
    const loss = tried?.troubles.find(({ actor }) => actor === "cloud/gcp");
    const isStarted = tried?.steering.some(({ does }) => does === "start") === true;
    return isStarted && loss !== undefined && loss.forMs >= 7_000;
  });
  expect(schedule).toMatchObject({ faults: [], people: [] });
  expect(schedule.watch).toEqual({
    troubles: [{ kind: "killed", actor: "cloud/gcp", fromMs: 6_000, forMs: 10_000 }],
    steering: [{ does: "start", by: "dana", atMs: 9_000 }],
    runsPerHour: 1,
  });
});

test("what is answered has always been seen to break it, and the number of rehearsals is bounded", async () => {
  const broke: Schedule[] = [];
  let asked = 0;
  const { schedule, rehearsals } = await shrink(night(crowd), async (tried) => {
    asked += 1;
    // Breaks by chance, as a night would that is no function of its schedule.
    const breaks = (asked * 7_919) % 3 === 0;
    if (breaks) broke.push(tried);
    return breaks;
  });
  expect(broke).toContainEqual(schedule);
  expect(rehearsals).toBe(asked);
  expect(rehearsals).toBeLessThanOrEqual(400);
});
