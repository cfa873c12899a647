/** The guards by name, in the order of the catalogue. Apart from the guards, so that the command line can name them at once. */
export const GUARD_NAMES = [
  "weights-are-whole",
  "no-weight-to-the-unhealthy",
  "capacity-for-the-shift",
  "one-writable-primary",
  "no-loss-beyond-policy",
] as const;
export type GuardName = (typeof GUARD_NAMES)[number];
