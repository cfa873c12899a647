/** A schedule on a stage: one drill that is due two hours after the start, told by one server or by several. */
import type { AutomaticRun } from "../automation.ts";
import {
  decide,
  type Look,
  NO_SCHEDULE_YET,
  type RunsEnd,
  type ScheduledEntry,
  type ScheduleNews,
  type ScheduleState,
} from "../schedule.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const CLEAR: Look = { trouble: [], unsteady: [] };
export const TROUBLE: Look = { trouble: ["aws is down"], unsteady: [] };
export const SHAKY: Look = { trouble: [], unsteady: ["gcp could not be lost"] };
/** A Tuesday, 08:00 in UTC; `drill` is due two hours later. */
export const START_MS = Date.parse("2026-12-01T08:00:00Z");
export const DUE_MS = START_MS + 2 * HOUR_MS;

export const drill: ScheduledEntry = {
  name: "drill",
  kind: "chaos-drill",
  cron: "0 10 * * TUE",
  timeZone: "UTC",
  runbook: "manual-failover",
  input: { from: "aws", to: "azure", database: "stay" },
  back: null,
  missed: "report",
  withinMs: 4 * HOUR_MS,
  mode: "act",
};
export const back = { runbook: "rollback", input: { from: "azure", to: "aws", database: "stay" } };
export const COMPLETED: RunsEnd = { state: "completed", why: "" };

/** The schedule over a while, told by one server or by several. */
export class Stage {
  state: ScheduleState = NO_SCHEDULE_YET;
  nowMs = START_MS;
  readonly runs: AutomaticRun[] = [];
  readonly says: string[] = [];
  readonly entries: readonly ScheduledEntry[];

  constructor(...entries: readonly ScheduledEntry[]) {
    this.entries = entries.length === 0 ? [drill] : entries;
    this.tell();
  }

  tell(more: Partial<ScheduleNews> = {}) {
    const news = { by: "one", profile: "production", entries: this.entries, look: null, ends: {}, ...more };
    const decided = decide(this.state, news, this.nowMs);
    this.state = decided.state;
    this.runs.push(...decided.runs);
    this.says.push(...decided.says);
    return decided;
  }

  at(ms: number, more: Partial<ScheduleNews> = {}) {
    this.nowMs = ms;
    return this.tell(more);
  }

  get names(): string[] {
    return this.runs.map(({ run }) => run);
  }
}
