/**
 * When something is due: a cron pattern in a time zone. Pure: the moment is given, no clock is looked at.
 *
 * Invariants
 * 1. A pattern has five fields, so that nothing is due more often than once a minute; lists, ranges, steps, names of months and
 *    days, `L` and `TUE#1` (the first Tuesday) are known. What would mean another time for whoever reads it is refused.
 * 2. A stated hour is due once a day: where the clocks leave it out, at the first time after the gap; where it comes twice,
 *    the first time. A pattern with `*` or a step in its hours goes by the clock on the wall: not in a gap, twice in an overlap.
 */
import { Cron } from "croner";

export type Calendar = { readonly cron: string; readonly timeZone: string };

const FIELDS = /^[\w*,/#-]+( +[\w*,/#-]+){4}$/;
const EXAMPLES = "such as 0 10 * * TUE (Tuesdays at 10:00) or 0 10 * * TUE#1 (the first Tuesday of a month)";
const HOUR_MS = 3_600_000;
/** How far back the last due time is looked for, nearest first, so that few are gone through. */
const BACK_MS = [HOUR_MS, 24 * HOUR_MS, 32 * 24 * HOUR_MS, 366 * 24 * HOUR_MS];

/** What is wrong with a pattern, in the words of an inventory's error; null: nothing. */
export function cronProblem(pattern: string): string | null {
  const wrong = `expected a cron pattern of five fields, ${EXAMPLES}, got ${JSON.stringify(pattern)}`;
  if (!FIELDS.test(pattern)) return wrong;
  try {
    // From the epoch on: leap days come within a few years of it.
    const next = cronOf({ cron: pattern, timeZone: "UTC" }).nextRun(instant(0));
    return next === null ? `expected a time that there is, got ${JSON.stringify(pattern)}` : null;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Cron\w+: /, "") : String(error);
    return `${wrong} (${why})`;
  }
}

export function timeZoneProblem(zone: string): string | null {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return null;
  } catch {
    return `expected a time zone such as Europe/Berlin, America/Los_Angeles or UTC, got ${JSON.stringify(zone)}`;
  }
}

/** The next `count` due times after the moment, ms since the epoch; fewer: never again. */
export function nextDues(calendar: Calendar, afterMs: number, count: number): number[] {
  return cronOf(calendar)
    .nextRuns(count, instant(afterMs))
    .map((date) => date.getTime());
}

/** The last due time that is later than `afterMs` and not later than `untilMs`; `several`: there are others before it. */
export function lastDue(
  calendar: Calendar,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): { readonly dueMs: number; readonly several: boolean } | null {
  const cron = cronOf(calendar);
  const first = firstAfter(cron, afterMs);
  if (first === null || first > untilMs) return null;
  for (const backMs of BACK_MS) {
    let dueMs: number | null = null;
    for (const next of eachAfter(cron, Math.max(afterMs, untilMs - backMs), untilMs)) dueMs = next;
    if (dueMs !== null) return { dueMs, several: dueMs !== first };
  }
  return { dueMs: first, several: false };
}

/** `Tue 2026-12-01 10:00 Europe/Berlin`. */
export function inZone(ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(ms);
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? "";
  return `${of("weekday")} ${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")} ${timeZone}`;
}

/** `20261201-0900`, in UTC: a due time in a run's name. */
export function dueStamp(ms: number): string {
  return instant(ms).toISOString().slice(0, 16).replaceAll(/[-:]/g, "").replace("T", "-");
}

function* eachAfter(cron: Cron, afterMs: number, untilMs: number): Generator<number> {
  for (let next = firstAfter(cron, afterMs); next !== null && next <= untilMs; next = firstAfter(cron, next))
    yield next;
}

function firstAfter(cron: Cron, afterMs: number): number | null {
  return cron.nextRun(instant(afterMs))?.getTime() ?? null;
}

function cronOf({ cron, timeZone }: Calendar): Cron {
  return new Cron(cron, { timezone: timeZone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
}

function instant(ms: number): Date {
  // oxlint-disable-next-line eslint/no-restricted-globals -- a given moment in another form; no clock is looked at
  return new Date(ms);
}
