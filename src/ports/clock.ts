/** Time for effects and loops; code that is replayed takes its times from the journal's answers instead. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or throws the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms`, the deadline of a call; and as soon as `also` does, with its reason. */
  within(ms: number, also?: AbortSignal): AbortSignal;
};
