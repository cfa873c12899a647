/**
 * The durable engine as an admin meets it, beside `run-engine.ts`: what it holds, and how a run is taken out of it.
 *
 * Laws
 * 1. `inFlight` answers every run that it was given and that has not ended, also one that nobody has taken up yet.
 * 2. `end` takes a run out without executing anything of it. When it answers, the run is called no more, and its name
 *    cannot be used again. An effect that was on its way may still land. Answers false when no such run is in flight.
 * 3. `giveBack` releases the lock when the run holds it, takes the run out of its queue, and else changes nothing.
 * 4. Every call has a deadline and throws `retryable` when the engine does not answer in time.
 */
export type RunInFlight = {
  readonly run: string;
  /** In the engine's own words: `suspended`, `backing-off`, `running`, ... */
  readonly status: string;
  /** The code that it is bound to; null while nobody has taken it up. */
  readonly codeVersion: string | null;
};

export type RunControl = {
  inFlight(signal: AbortSignal): Promise<readonly RunInFlight[]>;
  end(run: string, signal: AbortSignal): Promise<boolean>;
  giveBack(lock: string, run: string, signal: AbortSignal): Promise<void>;
};
