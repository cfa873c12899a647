/** Numbers over time as one line of block characters. */

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const NOTHING = " ";
const ZERO = "·";

/** `values` scaled from 0 to `top`: null (no value then) is a blank, 0 a dot, and what lies above `top` is full. */
export function sparkline(values: readonly (number | null)[], top: number): string {
  return values
    .map((value) => {
      if (value === null) return NOTHING;
      if (value === 0) return ZERO;
      const level = Math.floor((value / Math.max(top, Number.MIN_VALUE)) * BLOCKS.length);
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.max(0, level))];
    })
    .join("");
}

/** Puts `items` into equal stretches of time, `[fromMs, fromMs + count x eachMs)`; what lies outside is left out. */
export function inStretches<T>(
  items: Iterable<T>,
  atMs: (item: T) => number,
  { fromMs, eachMs, count }: { readonly fromMs: number; readonly eachMs: number; readonly count: number },
): T[][] {
  const stretches: T[][] = Array.from({ length: count }, () => []);
  for (const item of items) stretches[Math.floor((atMs(item) - fromMs) / eachMs)]?.push(item);
  return stretches;
}
