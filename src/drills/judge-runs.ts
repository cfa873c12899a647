/**
 * What the runs did: whether they came to their end with an unbroken ledger, did what was approved and nothing else,
 * and waited as long as they had to.
 */
import { rounded, someOf, type Check, type Facts } from "./judge-facts.ts";
import { canonicalJson, dataNumber, dataText, eventsOf, type Run } from "./judge-ledger.ts";
import { isJsonObject } from "./judge-lines.ts";
import type { Intent, LedgerEvent } from "./judge-records.ts";

/** Timers and clocks are read to the millisecond, in different processes. */
const CLOCK_SLACK_MS = 10;
const HOLD_SAMPLES_MIN = 2;

export function checkRunsCompleted({ runs }: Facts): Check {
  const { ours } = runs;
  const measured = ours.map((run) => `${run.runbook} ${run.outcome}`).join(", ");
  return {
    name: "runsCompleted",
    ok: measured === "manual-failover completed, rollback completed",
    measured: measured === "" ? "none" : measured,
    limit: "manual-failover completed, rollback completed",
    detail: ours
      .map((run) => `${run.id}: ${run.steps} steps in ${rounded(run.durationMs / 1000)} s`)
      .join("; "),
  };
}

export function checkLedger({ runs, records }: Facts): Check {
  const problems = runs.all.flatMap((run) => run.chainProblem ?? []);
  return {
    name: "ledgerVerified",
    ok: problems.length === 0 && runs.all.length > 0,
    measured: `${runs.all.length - problems.length} of ${runs.all.length} runs`,
    limit: "every run",
    detail:
      problems.length === 0 ? `the hash chain holds over ${records.events.length} events` : someOf(problems),
  };
}

/** What was approved is what was planned, and what was done is what was approved. */
export function checkPlanFollowed({ runs }: Facts): Check {
  const { ours } = runs;
  const problems = ours.flatMap((run) => planProblems(run).map((problem) => `${run.runbook}: ${problem}`));
  const acts = ours.flatMap((run) => intendedActs(run)).length;
  return {
    name: "planFollowed",
    ok: problems.length === 0 && ours.length > 0,
    measured: `${acts} acts, ${problems.length} off the plan`,
    limit: "0 off the plan",
    detail: problems.length === 0 ? ours.map(approvalOf).join("; ") : someOf(problems),
  };
}

/** Who approved which run, in words. */
export function approvalOf(run: Run): string {
  const approved = eventsOf(run, "approved").map((event) => dataText(event, "by") || event.by);
  return `${run.runbook} was approved by ${approved.length === 0 ? "nobody" : approved.join(" and ")}`;
}

function planProblems(run: Run): string[] {
  const planned = eventsOf(run, "planned").at(-1);
  if (planned === undefined) return ["there is no plan"];
  const problems: string[] = [];
  const approvals = eventsOf(run, "approved");
  if (approvals.length === 0) problems.push("nobody approved it");
  if (approvals.some((event) => dataText(event, "hash") !== dataText(planned, "hash"))) {
    problems.push("another plan was approved than the one that ran");
  }
  const acts = planned.data["acts"];
  const left = new Map<string, number>();
  for (const act of Array.isArray(acts) ? acts : []) {
    if (isJsonObject(act)) left.set(actName(act), (left.get(actName(act)) ?? 0) + 1);
  }
  // What takes an act back is not planned; that it happened at all shows in the run's end.
  for (const event of intendedActs(run).filter(({ data }) => data["mode"] !== "undo")) {
    const name = actName(event.data);
    const times = left.get(name) ?? 0;
    if (times === 0) problems.push(`${name} was not in the plan`);
    else left.set(name, times - 1);
  }
  for (const [name, times] of left) if (times > 0) problems.push(`${name} was planned and not done`);
  return problems;
}

/** What an act is in plan and ledger alike. */
export function actName(act: Readonly<Record<string, unknown>>): string {
  const target = act["target"];
  return `${String(act["op"])} on ${typeof target === "string" ? target : canonicalJson(target)}`;
}

/** One event for each key: an act that is tried again is intended again, under the same key. */
export function intendedActs(run: Run): LedgerEvent[] {
  const byKey = new Map<string, LedgerEvent>();
  for (const event of eventsOf(run, "act-intended")) {
    const key = dataText(event, "key");
    if (!byKey.has(key)) byKey.set(key, event);
  }
  return [...byKey.values()];
}

/** Every hold lasted as long as the profile states, was sampled throughout, and stood after every shift and after the pivot. */
export function checkHolds(facts: Facts): Check {
  const { runs, records } = facts;
  const problems: string[] = [];
  let shortestMs: number | null = null;
  for (const run of runs.ours) {
    for (const started of eventsOf(run, "hold-started")) {
      const { lastedMs, problem } = judgeHold(run, started, records.intent);
      if (problem !== null) problems.push(`${run.runbook}: ${problem}`);
      if (lastedMs !== null) shortestMs = Math.min(shortestMs ?? lastedMs, lastedMs);
    }
    problems.push(
      ...[...shiftProblems(facts, run), ...soakProblems(run, records.intent)].map(
        (problem) => `${run.runbook}: ${problem}`,
      ),
    );
  }
  return {
    name: "holdsKept",
    ok: problems.length === 0 && shortestMs !== null,
    measured: shortestMs === null ? "no hold" : `shortest ${rounded(shortestMs)} ms`,
    limit: `dwell ${records.intent.holds.dwellMs} ms, soak ${records.intent.holds.soakMs} ms`,
    detail:
      problems.length === 0 ? "each hold lasted, and was watched, as the profile states" : someOf(problems),
  };
}

/** Every hold of the run lasted as long as it was meant to, and was sampled throughout. */
export function heldProblems(run: Run, intent: Intent): string[] {
  return eventsOf(run, "hold-started").flatMap((started) => judgeHold(run, started, intent).problem ?? []);
}

function passedOf(run: Run, started: LedgerEvent): LedgerEvent | undefined {
  return eventsOf(run, "hold-passed").find(
    (event) => event.index > started.index && dataText(event, "step") === dataText(started, "step"),
  );
}

function judgeHold(
  run: Run,
  started: LedgerEvent,
  intent: Intent,
): { lastedMs: number | null; problem: string | null } {
  const step = dataText(started, "step");
  const passed = passedOf(run, started);
  if (passed === undefined) return { lastedMs: null, problem: `hold ${step} did not pass` };
  const lastedMs = passed.time - started.time;
  const samples = dataNumber(passed, "samples") ?? 0;
  // Who was away when the hold's time was over passes it later; what had to be watched is the hold's own time.
  const watchedMs = Math.min(lastedMs, dataNumber(started, "forMs") ?? lastedMs);
  const samplesDue = Math.max(HOLD_SAMPLES_MIN, Math.ceil(watchedMs / Math.max(1, intent.holds.windowMs)));
  if (lastedMs + CLOCK_SLACK_MS < intent.holds.dwellMs) {
    return { lastedMs, problem: `hold ${step} lasted ${rounded(lastedMs)} ms of ${intent.holds.dwellMs}` };
  }
  if (samples < samplesDue)
    return { lastedMs, problem: `hold ${step} had ${samples} samples of ${samplesDue}` };
  return { lastedMs, problem: null };
}

/** Weights, once set, stood for the dwell before they were set again: by the edge's own clock. */
function shiftProblems({ records }: Facts, run: Run): string[] {
  const shifts = records.effects.filter(
    (effect) =>
      effect.op === "set-weights" && effect.result === "done" && effect.key.startsWith(`${run.id}/`),
  );
  const problems: string[] = [];
  for (let at = 1; at < shifts.length; at += 1) {
    const stoodMs = (shifts[at]?.time ?? 0) - (shifts[at - 1]?.time ?? 0);
    if (stoodMs + CLOCK_SLACK_MS < records.intent.holds.dwellMs) {
      problems.push(`shift ${at} of the weights stood for only ${rounded(stoodMs)} ms`);
    }
  }
  return problems;
}

/** After the primary moved, and after the last shift, there was a hold; the pivot's as long as the soak. */
function soakProblems(run: Run, intent: Intent): string[] {
  const problems: string[] = [];
  const holds = eventsOf(run, "hold-started").map((started) => {
    const passed = passedOf(run, started);
    return { index: started.index, lastedMs: passed === undefined ? 0 : passed.time - started.time };
  });
  const pivot = eventsOf(run, "pivot-finished").at(-1);
  if (
    pivot !== undefined &&
    !holds.some((hold) => hold.index > pivot.index && hold.lastedMs + CLOCK_SLACK_MS >= intent.holds.soakMs)
  ) {
    problems.push(`no soak of ${intent.holds.soakMs} ms after the primary moved`);
  }
  const lastShift = eventsOf(run, "act-intended").findLast(
    (event) => dataText(event, "op") === "set-weights",
  );
  if (lastShift !== undefined && !holds.some((hold) => hold.index > lastShift.index)) {
    problems.push("no hold after the last shift of the weights");
  }
  return problems;
}
