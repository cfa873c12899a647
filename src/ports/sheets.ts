/**
 * Sheets: what is left of each live run by hand, as text outside the orchestrator, for when nothing of ours lives.
 *
 * Laws (held by `sheets.contract.ts`)
 * 1. `write` replaces the run's sheet whole: who reads meets the one before or this one, never a part.
 * 2. A sheet holds no secret, and only the user that the orchestrator runs as can read it.
 * 3. A run that people have taken over by hand is marked by a file beside its sheet; a person makes and removes it,
 *    the product only looks.
 * 4. What cannot be written or read throws `retryable`; a name that is no run's throws `terminal`.
 */
export type Sheets = {
  write(run: string, text: string): Promise<void>;
  /** Null when there is none. */
  read(run: string): Promise<string | null>;
  /** Where the sheet and the mark of a takeover are, for people. */
  placeOf(run: string): { readonly sheet: string; readonly taken: string };
  isTaken(run: string): Promise<boolean>;
};
