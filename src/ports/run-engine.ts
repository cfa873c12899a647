/**
 * The durable engine as the server sees it: start runs, speak to them.
 *
 * Laws
 * 1. `start` with a run id that is known already starts nothing new.
 * 2. `tell` delivers once, in order of arrival; a run that has ended is answered `refused`.
 * 3. `ready` resolves once the engine has written something down and had a worker answer, as a step needs it.
 * 4. Every call has a deadline and throws `retryable` when the engine does not answer in time.
 */
import type { Json } from "../domain/json.ts";
import type { Command } from "./journal.ts";

export type RunEngine = {
  start(run: string, order: Json, signal: AbortSignal): Promise<void>;
  ready(signal: AbortSignal): Promise<void>;
  tell(run: string, command: Command, signal: AbortSignal): Promise<void>;
};
