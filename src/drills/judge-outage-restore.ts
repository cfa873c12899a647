/** How traffic left a cloud and came back to it: away at once and from nobody else, back by steps and to a cloud that is well. */
import { rounded, someOf, type Check, type Facts } from "./judge-facts.ts";
import { heldProblems } from "./judge-runs.ts";
import type { Outage } from "./judge-outage-records.ts";
import { RESTORATION, SURVIVAL, type Round } from "./judge-outage-rounds.ts";
import { shiftsOf, type Shift } from "./judge-outage-shifts.ts";
import { showWeights } from "./judge-weights.ts";

/** Timers and clocks are read to the millisecond, in different processes. */
const CLOCK_SLACK_MS = 10;

export function checkOutageRuns({ runs }: Facts, rounds: readonly Round[], { repeat }: Outage): Check {
  const problems = runs.ours
    .filter(({ outcome }) => outcome !== "completed")
    .map(({ id, outcome }) => `${id} ${outcome}`);
  for (const { span, survivals, restorations } of rounds) {
    if (survivals.length === 0) problems.push(`round ${span.round}: no ${SURVIVAL}`);
    if (restorations.length === 0) problems.push(`round ${span.round}: no ${RESTORATION}`);
  }
  if (rounds.length < repeat) problems.push(`${rounds.length} of ${roundsIn(repeat)}`);
  return {
    name: "runsCompleted",
    ok: problems.length === 0 && rounds.length > 0,
    measured: `${runs.ours.length} runs in ${roundsIn(rounds.length)}`,
    limit: `${roundsIn(repeat)}, survived and restored`,
    detail: problems.length === 0 ? "every run completed" : someOf(problems),
  };
}

function roundsIn(count: number): string {
  return count === 1 ? "1 round" : `${count} rounds`;
}

/** A cloud loses weight only while it has a fault, or where it gives back what was another's. */
export function checkLeftOnlyTheLost(facts: Facts, rounds: readonly Round[]): Check {
  const problems = shiftsOf(facts).flatMap((shift) =>
    Object.keys(shift.after).flatMap((cloud) => {
      if ((shift.after[cloud] ?? 0) >= (shift.before[cloud] ?? 0)) return [];
      const isFair = rounds.some(({ span, raises }) =>
        span.cloud === cloud
          ? shift.time >= span.beginMs && shift.time <= span.endMs
          : raises.some(({ key }) => key === shift.key),
      );
      return isFair ? [] : [`${cloud} lost traffic though it was well: ${showWeights(shift.after)}`];
    }),
  );
  return {
    name: "leftOnlyTheLost",
    ok: problems.length === 0,
    measured: problems.length,
    limit: 0,
    detail: problems.length === 0 ? "no cloud lost traffic that was well" : someOf(problems),
  };
}

export function checkRestoreSteps(facts: Facts, rounds: readonly Round[], outage: Outage): Check {
  const { cloud, limits } = outage;
  const { holds, statedWeights } = facts.records.intent;
  const stated = statedWeights.get(cloud) ?? 0;
  const shareOf = ({ after }: Shift): number => after[cloud] ?? 0;
  const problems = rounds.flatMap((round) => {
    const last = round.raises.at(-1);
    const share = last === undefined ? 0 : shareOf(last);
    const short = share === stated ? [] : [`it has ${share} points in the end, stated ${stated}`];
    return [...short, ...stepProblems(facts, round, outage)].map(
      (what) => `round ${round.span.round}: ${what}`,
    );
  });
  return {
    name: "restoreSteps",
    ok: problems.length === 0 && rounds.length > 0,
    measured: rounds.map(({ raises }) => raises.map(shareOf).join(" ")).join(", "),
    limit: `at most ${limits.restoreStepPoints} points a step, each for ${holds.dwellMs} ms, up to ${stated}`,
    detail: problems.length === 0 ? `the weight of ${cloud} after each step` : someOf(problems),
  };
}

function stepProblems({ records }: Facts, { raises }: Round, { cloud, limits }: Outage): string[] {
  return raises.flatMap(({ time, before, after }, at) => {
    const points = (after[cloud] ?? 0) - (before[cloud] ?? 0);
    const stoodMs = time - (raises[at - 1]?.time ?? -Infinity);
    const isHasty = stoodMs + CLOCK_SLACK_MS < records.intent.holds.dwellMs;
    return [
      ...(points > limits.restoreStepPoints ? [`${points} points in one step`] : []),
      ...(isHasty ? [`step ${at} stood for only ${rounded(stoodMs)} ms`] : []),
    ];
  });
}

/** No step towards a cloud of which somebody says anything but `healthy`. */
export function checkReturnedWell(rounds: readonly Round[], { verdicts }: Outage): Check {
  const problems = rounds.flatMap(({ span, raises }) =>
    raises.flatMap((shift) => {
      const members = new Set(verdicts.map(({ member }) => member));
      const said = [...members].map(
        (member) =>
          verdicts.findLast(
            (change) => change.member === member && change.cloud === span.cloud && change.time <= shift.time,
          )?.verdict,
      );
      // A member that went with the cloud says again what it said before until it has looked.
      return said.includes("healthy") && !said.includes("down") ? [] : [stepWords(span.round, shift, said)];
    }),
  );
  return {
    name: "returnedWell",
    ok: problems.length === 0 && rounds.every(({ raises }) => raises.length > 0) && rounds.length > 0,
    measured: `${problems.length} steps too early`,
    limit: "0 steps too early",
    detail:
      problems.length === 0 ? "each step went to a cloud that was said to be healthy" : someOf(problems),
  };
}

function stepWords(round: number, { after }: Shift, said: readonly (string | undefined)[]): string {
  const verdicts = said.map((verdict) => verdict ?? "nothing").join(" and ");
  return `round ${round}: ${showWeights(after)} while members said ${verdicts}`;
}

export function checkOutageHolds({ runs, records }: Facts): Check {
  const problems = runs.ours.flatMap((run) =>
    heldProblems(run, records.intent).map((problem) => `${run.runbook}: ${problem}`),
  );
  const holds = runs.ours.flatMap(({ events }) => events.filter(({ type }) => type === "hold-started"));
  return {
    name: "holdsKept",
    ok: problems.length === 0 && holds.length > 0,
    measured: `${holds.length} holds`,
    limit: `each at least ${records.intent.holds.dwellMs} ms, and watched`,
    detail: problems.length === 0 ? "each was kept" : someOf(problems),
  };
}

/** Every cloud has a copy again. */
export function checkCopies({ records }: Facts): Check {
  const lacking = [...records.intent.statedWeights.keys()].filter((cloud) => !records.rows.has(cloud));
  return {
    name: "copies",
    ok: lacking.length === 0,
    measured: records.rows.size,
    limit: records.intent.statedWeights.size,
    detail: lacking.length === 0 ? "every cloud has a database" : `none in ${lacking.join(", ")}`,
  };
}
