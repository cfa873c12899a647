/** Samples in few numbers, for the file from which the model draws; and which samples lie outside of the model's ranges. */
import type { Measured, Samples } from "./measured.ts";

export type Summary = {
  readonly samples: number;
  /** ms: of a hundred, one is shorter, and one longer. */
  readonly least: number;
  readonly typical: number;
  readonly most: number;
};

export function summaryOf(samples: Samples): ReadonlyMap<Measured, Summary> {
  const found = new Map<Measured, Summary>();
  for (const [name, list] of samples) {
    if (list.length === 0) continue;
    const sorted = list.toSorted((left, right) => left - right);
    const last = sorted.length - 1;
    const at = (index: number) => Math.round((sorted[index] ?? 0) * 10) / 10;
    found.set(name, {
      samples: sorted.length,
      least: at(Math.floor(last * 0.01)),
      typical: at(Math.floor(last / 2)),
      most: at(Math.ceil(last * 0.99)),
    });
  }
  return found;
}

export type Range = readonly [least: number, most: number];
export type Outside = { readonly name: Measured; readonly ms: number; readonly range: Range };
export type Compared = {
  readonly samples: number;
  readonly inside: number;
  readonly outside: readonly Outside[];
};

export function compare(samples: Samples, ranges: Readonly<Record<Measured, Range>>): Compared {
  const outside: Outside[] = [];
  let count = 0;
  for (const [name, list] of samples) {
    const range = ranges[name];
    count += list.length;
    for (const ms of list) if (ms < range[0] || ms > range[1]) outside.push({ name, ms, range });
  }
  return { samples: count, inside: count - outside.length, outside };
}
