/**
 * All cells in an order without a pattern, and which of them come together in one night.
 *
 * 1. So many seeds in a row as there are cells begin with each of them once. That is a lap.
 * 2. What one run can come by in one night is a group: the cells of a runbook whose points need the same trigger, or none.
 *    The further faults of a night are of its group. Over a lap the first of them goes through each cell of each group
 *    once, and so do the second and the rest, as often as nights have so many; no two laps put the same cells together.
 */
import type { Fault } from "../simulation/faults.ts";
import { phasesOf } from "./cells.ts";
import type { AwaitPoint, Courses } from "./courses.ts";
import type { Place } from "./schedule.ts";

export type Cell = { readonly point: AwaitPoint; readonly kind: string; readonly phase: Place["phase"] };

/** A night's first cell, and where it is: what comes with it follows from that. */
export type Begun = {
  readonly cell: Cell;
  readonly rank: number;
  readonly group: Group;
  readonly lap: number;
};

type Group = { readonly cells: Cell[]; stride: number };

/** More than the further faults of a night, so that none of the next lap's stands where one of this lap's stood. */
const SLOTS = 8;

export class CellRing {
  readonly cells: readonly Cell[];
  readonly #begun: readonly Omit<Begun, "lap">[];
  readonly #stride: number;

  constructor(courses: Courses, faults: readonly Fault[]) {
    const kinds = new Map(faults.map((fault) => [fault.kind, fault]));
    this.cells = courses.flatMap((point) =>
      [...kinds].flatMap(([kind, fault]) => phasesOf(fault).map((phase) => ({ point, kind, phase }))),
    );
    const groups = new Map<string, Group>();
    this.#begun = this.cells.map((cell) => {
      const name = groupOf(cell.point);
      const group = groups.get(name) ?? { cells: [], stride: 1 };
      groups.set(name, group);
      return { cell, group, rank: group.cells.push(cell) - 1 };
    });
    for (const group of groups.values()) group.stride = coprimeTo(group.cells.length);
    this.#stride = coprimeTo(this.cells.length);
  }

  /** Null: there are no cells at all. */
  begin(seed: number): Begun | null {
    const begun = this.#begun[(seed * this.#stride) % this.cells.length];
    return begun === undefined ? null : { ...begun, lap: Math.floor(seed / this.cells.length) };
  }

  /** Of the night that begins so, the further fault of that number, from 0. */
  further({ cell, group, rank, lap }: Begun, number: number): Cell {
    const place = (rank + 1 + number + lap * SLOTS) * group.stride;
    return group.cells[place % group.cells.length] ?? cell;
  }
}

function groupOf({ runbook, trigger }: AwaitPoint): string {
  return trigger === null ? runbook : `${runbook} ${trigger.at.call} ${trigger.at.nth}`;
}

/** A step that comes by every place of a ring of this size, far from the one before. */
function coprimeTo(size: number): number {
  for (let stride = Math.floor(size * 0.618) | 1; ; stride += 2)
    if (greatestDivisor(stride, size) === 1) return stride;
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
