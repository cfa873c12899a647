/**
 * The calls that runbooks make when nothing goes wrong, and when each act in turn fails for good and what was done is taken
 * back: the places at which something can go wrong. Found by running them, so that a runbook cannot choose what is tried.
 */
import type { RunbookName } from "../domain/runbook-names.ts";
import { approvals } from "./approvals.ts";
import type { Ground } from "./ground.ts";
import { stayingInput, usualInput } from "./inputs.ts";
import { rehearse } from "./rehearse.ts";
import { type Place, type Schedule, SCHEDULE_VERSION, type ScheduledFault } from "./schedule.ts";

/** An await point, how often a run comes by it, and what brings a run there. */
export type AwaitPoint = {
  readonly runbook: RunbookName;
  readonly call: string;
  readonly times: number;
  /** The profile in which a clean run comes by it. */
  readonly profile: string;
  /** What has to fail so that a run comes by; null where a clean run does. */
  readonly trigger: ScheduledFault | null;
  /** A run that leaves the database where it is comes by as well. */
  readonly stays: boolean;
};

export type Courses = readonly AwaitPoint[];

/** What a sweep is of that names no runbook. An outage's runbooks have sweeps of their own, since their nights begin otherwise. */
const PLANNED_MOVES: readonly RunbookName[] = ["manual-failover", "rollback"];

/** The seed of nights in which nothing goes wrong. */
const CLEAN_SEED = 0;

/** Throws RangeError when a runbook does not complete although nothing goes wrong. */
export async function coursesOf(
  ground: Ground,
  runbooks: readonly RunbookName[] = PLANNED_MOVES,
): Promise<Courses> {
  const points: AwaitPoint[] = [];
  for (const runbook of runbooks) points.push(...(await courseOf(ground, runbook)));
  return points;
}

async function courseOf(ground: Ground, runbook: RunbookName): Promise<AwaitPoint[]> {
  const points = new Map<string, AwaitPoint>();
  const staying = await staysOf(ground, runbook);
  for (const profile of profilesOf(ground)) {
    const { counts, ends, violations } = await rehearse(ground, cleanSchedule(ground, runbook, profile));
    const [end] = ends;
    if (end?.outcome !== "completed" || violations.length > 0) {
      const why = violations.map(({ invariant, what }) => `${invariant}: ${what}`).join("; ");
      throw new RangeError(
        `a clean ${runbook} under profile ${profile} ended ${end?.outcome}: ${end?.why} ${why}`,
      );
    }
    for (const [call, times] of counts)
      if (!points.has(call))
        points.set(call, { runbook, call, times, profile, trigger: null, stays: staying.has(call) });
  }
  const acts = [...points.values()].filter(({ call }) => call.startsWith("do: "));
  for (const { call, times, profile } of acts) {
    for (let nth = 1; nth <= times; nth += 1) {
      const trigger = failureAt({ call, nth, phase: "before" });
      const clean = cleanSchedule(ground, runbook, profile);
      const { counts } = await rehearse(ground, { ...clean, faults: [trigger] });
      for (const [back, backTimes] of counts) {
        if (!back.startsWith("undo ") || points.has(back)) continue;
        const stays = staying.has(call);
        points.set(back, { runbook, call: back, times: backTimes, profile, trigger, stays });
      }
    }
  }
  return [...points.values()];
}

/** What a clean run comes by that leaves the database where it is. */
async function staysOf(ground: Ground, runbook: RunbookName): Promise<ReadonlyMap<string, number>> {
  const clean = cleanSchedule(ground, runbook, profilesOf(ground)[0] ?? "");
  const { counts } = await rehearse(ground, { ...clean, input: stayingInput(clean.input) });
  return counts;
}

/** Longer holds come by the same points: the shortest profile stands for all that need no other. */
function profilesOf({ inventory }: Ground): string[] {
  return Object.entries(inventory.profiles)
    .sort(([, one], [, other]) => one.soak - other.soak)
    .map(([name]) => name);
}

function failureAt(at: Place): ScheduledFault {
  return { group: "api", kind: "fails-for-good", actor: "effector", at, lasts: { calls: 1 } };
}

function cleanSchedule(ground: Ground, runbook: RunbookName, profile: string): Schedule {
  return {
    v: SCHEDULE_VERSION,
    seed: CLEAN_SEED,
    runbook,
    input: usualInput(ground, runbook),
    profile,
    faults: [],
    people: approvals(ground, runbook, profile),
  };
}
