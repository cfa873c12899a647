import { expect, test } from "vitest";
import type { Fault } from "../simulation/faults.ts";
import { type Cell, CellRing } from "./cell-ring.ts";
import type { AwaitPoint } from "./courses.ts";
import type { ScheduledFault } from "./schedule.ts";

const faults: readonly Fault[] = [
  { group: "process", kind: "crash", actor: "orchestrator" },
  { group: "process", kind: "twin", actor: "orchestrator" },
  { group: "api", kind: "delay", actor: "edge" },
];

const at = { call: "do: scale", nth: 1, phase: "before" } as const;
const trigger: ScheduledFault = {
  group: "api",
  kind: "fails-for-good",
  actor: "effector",
  at,
  lasts: { calls: 1 },
};

function pointOf(call: string, needs: ScheduledFault | null): AwaitPoint {
  return { runbook: "rollback", call, times: 1, profile: "drill", trigger: needs, stays: true };
}

const forward = ["begin", "peek", "do: scale", "do: promote"].map((call) => pointOf(call, null));
const back = ["undo before: scale", "undo do: scale"].map((call) => pointOf(call, trigger));
const ring = new CellRing([...forward, ...back], faults);
const lap = Array.from({ length: ring.cells.length }, (_, seed) => seed + ring.cells.length);

function begun(seed: number) {
  const found = ring.begin(seed);
  if (found === null) throw new Error("a ring of cells has a first one for each seed");
  return found;
}

function times(cells: readonly Cell[]): number[] {
  return ring.cells.map((cell) => cells.filter((one) => one === cell).length);
}

test("over a lap each cell is a night's first once, and each further fault comes by each of them once", () => {
  const once = ring.cells.map(() => 1);
  expect(times(lap.map((seed) => begun(seed).cell))).toEqual(once);
  for (const number of [0, 1, 4])
    expect(times(lap.map((seed) => ring.further(begun(seed), number)))).toEqual(once);
});

test("what comes together in a night can be come by in one run: same runbook, same trigger", () => {
  for (const seed of lap) {
    const first = begun(seed);
    for (const number of [0, 1, 2, 3, 4])
      expect(ring.further(first, number).point.trigger).toBe(first.cell.point.trigger);
  }
});

test("the next lap puts other cells together", () => {
  const together = (seed: number) => ring.further(begun(seed), 0);
  expect(lap.filter((seed) => together(seed) === together(seed + ring.cells.length))).toEqual([]);
});

test("a ring without cells begins no night", () => {
  expect(new CellRing([], faults).begin(1)).toBeNull();
});
