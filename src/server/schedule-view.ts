/** The schedule as people see it: what the inventory states, when it is due next, and what became of the last time. */
import { inZone, nextDues } from "../domain/cron.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import type { EntryState } from "../domain/schedule.ts";
import type { Clock } from "../ports/clock.ts";
import type { Schedule } from "../ports/schedule.ts";

export type ScheduleParts = {
  readonly schedule: Pick<Schedule, "show">;
  readonly inventory: Pick<Inventory, "schedule">;
  readonly profile: string;
  readonly clock: Pick<Clock, "now">;
};

const SHOWN = 3;

export async function showSchedule(
  { schedule, inventory, profile, clock }: ScheduleParts,
  signal: AbortSignal,
) {
  const { entries } = await schedule.show(signal);
  const nowMs = clock.now();
  return {
    profile,
    entries: inventory.schedule.map((stated) => {
      const { back, profile: only, ...rest } = stated;
      const here = only === undefined || only === profile;
      const next = here ? nextDues(stated, nowMs, SHOWN) : [];
      return {
        ...rest,
        back: back ?? null,
        profile: only ?? null,
        here,
        next: next.map((dueMs) => moment(dueMs, stated.timeZone)),
        ...shownState(entries[stated.name], stated.timeZone),
      };
    }),
  };
}

function shownState(state: EntryState | undefined, timeZone: string) {
  const { waiting = null, open = null, last = null } = state ?? {};
  return {
    waiting: waiting && { ...moment(waiting.dueMs, timeZone), why: waiting.why },
    open: open && { run: open.run, stage: open.stage },
    last: last && {
      ...moment(last.dueMs, timeZone),
      outcome: last.outcome,
      run: last.run,
      why: last.why,
    },
  };
}

/** `due`: in the entry's own zone. */
function moment(dueMs: number, timeZone: string) {
  return { dueMs, due: inZone(dueMs, timeZone) };
}
