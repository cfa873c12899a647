// Why: made-up data must be the same for the same seed, on every machine.

/** Draws from a sequence that the seed alone decides. Not for secrets. */
export type Random = {
  /** From 0 up to, but not, 1. */
  readonly fraction: () => number;
  /** A whole number from `least` to `most`, both included. */
  readonly whole: (least: number, most: number) => number;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
};

/** The parts are joined into one seed, so that row 7 of a table can be made without rows 0 to 6. */
export function seeded(...parts: readonly (string | number)[]): Random {
  let state = hash(parts.join("/"));
  // mulberry32: 32 bits of state, every seed has its own sequence.
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    whole,
    pick: (choices) => choices[whole(0, choices.length - 1)] ?? choices[0],
    chance: (probability) => fraction() < probability,
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value | 0;
}
