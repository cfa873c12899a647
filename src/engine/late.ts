/**
 * Before its commit a pivot has a deadline, and goes back behind it: writes wait.
 *
 * Behind a commit there is only forward: a step is tried again until it holds. Past the pivot's own time people are told
 * what does not hold, and from then on they may have the run let go of it, with all as it stands; it goes on trying meanwhile.
 */
import { canonicalJson } from "../domain/canonical.ts";
import type { JsonObject } from "../domain/json.ts";
import type { EventType } from "../domain/ledger.ts";
import { StepFailed } from "./failures.ts";
import { tellPeople } from "./notices.ts";
import type { Run } from "./run.ts";

/** By the time that the run knows last: a reading tells how late it is. */
export function requireInTime({ record, pivotUntilMs }: Run): void {
  if (record.nowMs > pivotUntilMs)
    throw new StepFailed("the pivot passed its deadline before its commit", { deadlineAtMs: pivotUntilMs });
}

/** Between two tries of a step behind the commit. */
export async function callPeopleWhenLate(run: Run, title: string): Promise<void> {
  const { record, engine, request } = run;
  if (run.pivot === null || record.nowMs <= run.pivotUntilMs || run.overdue === title) return;
  run.overdue = title;
  const why = `"${title}" does not hold, and behind the commit there is only forward: it is tried again and again`;
  record.note("waiting", {
    state: "waiting-for-people",
    why,
    facts: {},
    offers: ["retry", "cancel"],
    owner: "on-call",
    untilMs: record.nowMs + engine.decisionForMs,
  });
  await tellPeople(run, {
    key: `late-${run.sequence}`,
    severity: "critical",
    text: `${request.run} cannot go on: ${why}`,
  });
}

/** What fails again in the same way for hours is said once. */
export function noteOnce(run: Run, type: EventType, data: JsonObject): void {
  const said = canonicalJson([type, data]);
  if (run.overdue !== null && run.lastFailure === said) return;
  run.lastFailure = said;
  run.record.note(type, data);
}
