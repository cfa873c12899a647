/** Which of all cells were reached, over many nights. The total is the drawer's: it is enumerated, not chosen. */
import { cellOf } from "./cells.ts";
import type { Cell } from "./cell-ring.ts";

export type Coverage = {
  readonly reached: number;
  readonly total: number;
  /** By kind of fault, the least reached first. */
  readonly kinds: readonly Share[];
  /** By await point of a runbook, the least reached first. */
  readonly points: readonly Share[];
};

export type Share = { readonly name: string; readonly reached: number; readonly total: number };

export function coverageOf(cells: readonly Cell[], reached: ReadonlySet<string>): Coverage {
  const kinds = new Map<string, { reached: number; total: number }>();
  const points = new Map<string, { reached: number; total: number }>();
  let sum = 0;
  for (const { point, kind, phase } of cells) {
    const hit = reached.has(cellOf(point.runbook, { kind }, { call: point.call, phase })) ? 1 : 0;
    sum += hit;
    count(kinds, kind, hit);
    count(points, `${point.runbook}: ${point.call}`, hit);
  }
  return { reached: sum, total: cells.length, kinds: shares(kinds), points: shares(points) };
}

function count(of: Map<string, { reached: number; total: number }>, name: string, hit: number): void {
  const so = of.get(name) ?? { reached: 0, total: 0 };
  of.set(name, { reached: so.reached + hit, total: so.total + 1 });
}

function shares(of: ReadonlyMap<string, { readonly reached: number; readonly total: number }>): Share[] {
  return [...of]
    .map(([name, { reached, total }]) => ({ name, reached, total }))
    .sort((one, other) => one.reached / one.total - other.reached / other.total);
}
