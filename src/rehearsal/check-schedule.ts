/** Whether a schedule from outside can be rehearsed here at all; told before anything runs. */
import { UnknownName } from "../domain/names.ts";
import { selectProfile } from "../domain/inventory/profile.ts";
import { findRunbook } from "../runbooks/catalogue.ts";
import { faultName } from "../simulation/faults.ts";
import { faultAtAMoment, type Ground } from "./ground.ts";
import type { Order, Schedule } from "./schedule.ts";
import { isOfWatchers, moveOrder, watchersTrouble } from "./watch-schedule.ts";

/** What is wrong with it, in words; empty where nothing is. */
export function problemsOf(ground: Ground, schedule: Schedule): string[] {
  const { inventory, faults } = ground;
  const known = new Set(faults.map(faultName));
  const problems = schedule.faults
    .filter((fault) => !known.has(faultName(fault)))
    .map((fault) => `no actor of this inventory can have the fault ${faultName(fault)}`);
  for (const trouble of schedule.watch?.troubles ?? []) {
    const problem = watchersTrouble(trouble, Object.keys(inventory.clouds));
    if (problem !== null) problems.push(problem);
    else if (!isOfWatchers(trouble) && faultAtAMoment(ground, trouble) === null)
      problems.push(
        `no actor of this inventory can have the trouble ${trouble.kind}@${trouble.actor} at a stated moment`,
      );
  }
  problems.push(...troubleWithOver(schedule));
  try {
    const profile = selectProfile(inventory, schedule.profile);
    const orders: Order[] = [
      schedule,
      ...schedule.people.flatMap((act) => (act.does === "start" ? [act.order] : [])),
      ...(schedule.watch?.steering ?? []).flatMap((one) => (one.does === "move" ? [moveOrder(one)] : [])),
    ];
    for (const { runbook, input } of orders) {
      const binding = findRunbook(runbook)?.bind(input, { inventory, profile });
      if (binding?.ok === false)
        problems.push(...binding.problems.map((problem) => `${runbook}: ${problem}`));
    }
  } catch (error) {
    if (!(error instanceof UnknownName)) throw error;
    problems.push(error.message);
  }
  return problems;
}

function troubleWithOver({ over = false, runbook, watch }: Schedule): string[] {
  if (!over || (runbook === "survive-outage" && watch === undefined)) return [];
  return ["only an outage that somebody is to survive can be over before its run"];
}
