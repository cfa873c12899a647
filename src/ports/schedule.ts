/**
 * What decides and remembers, for all servers together, what is begun at its time. The rules are those of
 * `domain/schedule.ts`.
 *
 * Laws
 * 1. `told` answers what was made of the news. A run that it begins is begun with it, once, also when the caller dies before
 *    it hears of it.
 * 2. What is told takes effect one after the other, for all callers alike, and outlives them.
 * 3. While automation is stopped nothing is begun, whatever those who tell have seen.
 * 4. Every call has a deadline and throws `retryable` when it is not answered in time.
 */
import type { JsonObject } from "../domain/json.ts";
import type { Decided, ScheduleNews, ScheduleState } from "../domain/schedule.ts";

export type ToldSchedule = {
  readonly news: ScheduleNews;
  /** What a run begins with besides its own order: code, inventory and profile of who tells. */
  readonly ground: JsonObject;
};

export type Schedule = {
  told(news: ToldSchedule, signal: AbortSignal): Promise<Omit<Decided, "state">>;
  show(signal: AbortSignal): Promise<ScheduleState>;
};
