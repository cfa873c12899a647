/**
 * What decides and remembers, for all servers together, what happens without a person. The rules are those of
 * `domain/automation.ts`.
 *
 * Laws
 * 1. `told` answers what was made of the news. A run that it begins is begun with it, once, also when the caller dies before
 *    it hears of it.
 * 2. What is told, set, stopped and started takes effect one after the other, for all callers alike, and outlives them.
 * 3. A mode set by hand holds until another is set; `stop` holds until `start`.
 * 4. Every call has a deadline and throws `retryable` when it is not answered in time.
 */
import type { AutomaticAction, Mode } from "../domain/automatic-actions.ts";
import type { AutomaticRun, AutomationPolicy, AutomationState, News } from "../domain/automation.ts";
import type { JsonObject } from "../domain/json.ts";

export type Told = {
  readonly news: News;
  readonly policy: AutomationPolicy;
  /** What a run begins with besides its own order: code, inventory and profile of who tells. */
  readonly ground: JsonObject;
};

export type Made = {
  readonly runs: readonly AutomaticRun[];
  readonly says: readonly string[];
  /** The runs of that cloud's outage whose end the next news has to tell. */
  readonly open: readonly string[];
};

export type Automation = {
  told(news: Told, signal: AbortSignal): Promise<Made>;
  show(signal: AbortSignal): Promise<AutomationState>;
  setMode(
    order: { readonly action: AutomaticAction; readonly mode: Mode; readonly by: string },
    signal: AbortSignal,
  ): Promise<AutomationState>;
  stop(order: { readonly by: string; readonly why: string }, signal: AbortSignal): Promise<AutomationState>;
  start(signal: AbortSignal): Promise<AutomationState>;
};
