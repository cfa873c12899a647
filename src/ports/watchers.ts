/**
 * Watchers sample the service outside the journal while a run holds, and wake the run on a breach.
 *
 * Laws
 * 1. `start` is idempotent by (run, step); a watcher stops by itself when its time is over.
 * 2. A breach is delivered as a command to the run, once, as soon as it is seen; once more by a watcher that was begun anew.
 * 3. `report` never invents: it tells of moments that the edge knows, whoever was watching when they passed. Where watcher
 *    and the edge's memory are both lost it reports too few samples, which the engine counts as a breach.
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
  /** Samples that a punctual watcher would have taken by now, at most to the hold's end. */
  readonly expected: number;
  readonly breach: string | null;
  readonly worstGoodPercent: number | null;
  readonly worstP99Ms: number | null;
};

export type Watchers = {
  start(spec: WatchSpec): Promise<void>;
  report(run: string, step: number): Promise<WatchReport>;
};
