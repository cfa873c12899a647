import { expect, test } from "vitest";
import type { Schedule, ScheduledFault } from "./schedule.ts";
import { shrink } from "./shrink.ts";

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
