/** Milliseconds, rounded to hundredths. */
export type Quantiles = {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly samples: number;
};

/** Nearest rank. Throws RangeError on no values. */
export function quantiles(values: readonly number[]): Quantiles {
  if (values.length === 0) throw new RangeError("no values to take quantiles of");
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) =>
    Math.round((sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) * 100) / 100;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), samples: sorted.length };
}
