/**
 * Watchers sample the service outside the journal while a run holds, and wake the run on a breach.
 *
 * Laws
 * 1. `start` is idempotent by (run, step); a watcher stops by itself when its time is over.
 * 2. A breach is delivered as a command to the run, once, as soon as it is seen.
 * 3. `report` never invents: a watcher that was lost reports no samples, which the engine counts as a breach.
 */
export type WatchSpec = {
  readonly run: string;
  readonly step: number;
  readonly forMs: number;
  /** The objective is judged over this much of the past, never reaching back before the hold's start. */
  readonly windowMs: number;
  readonly goodPercent: number;
  readonly latencyMs: number;
};

export type WatchReport = {
  readonly samples: number;
  /** Samples that a punctual watcher would have taken by now. */
  readonly expected: number;
  readonly breach: string | null;
  readonly worstGoodPercent: number | null;
  readonly worstP99Ms: number | null;
};

export type Watchers = {
  start(spec: WatchSpec): Promise<void>;
  report(run: string, step: number): Promise<WatchReport>;
};
