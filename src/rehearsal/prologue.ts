/** What has to have happened before a night begins. */
import type { Verdict } from "../domain/snapshot.ts";
import { approvals } from "./approvals.ts";
import type { PeopleOnStage } from "./people.ts";
import type { Order, Schedule } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import { Strikes } from "./strikes.ts";
import { holdsOf, LOOK_MS, SAFETY_MS, untilEnded } from "./waits.ts";

/**
 * What has to have happened before the night begins, and is no part of it: a rollback is for a service that was moved, an
 * outage's runbook for a world that has lost a cloud (and has it back, where the night is of one that is over), and a
 * restoration for one that has it back. A live world is taken as it is.
 */
export async function prologue(stage: Stage, schedule: Schedule, people: PeopleOnStage): Promise<void> {
  if (stage.ground.snapshot !== undefined) return;
  const { from = "", to = "", cloud = "" } = schedule.input;
  switch (schedule.runbook) {
    case "manual-failover":
      return;
    case "rollback": {
      const input = { ...schedule.input, from: to, to: from };
      return await quietRun(stage, people, schedule, { runbook: "manual-failover", input });
    }
    case "survive-outage":
      await lose(stage, cloud);
      if (schedule.over ?? false) await answerLate(stage, cloud);
      return;
    case "restore-traffic":
      await lose(stage, cloud);
      await quietRun(stage, people, schedule, {
        runbook: "survive-outage",
        input: { cloud, database: "move" },
      });
      return await giveBack(stage, cloud);
    default:
      return schedule.runbook satisfies never;
  }
}

async function quietRun(
  stage: Stage,
  people: PeopleOnStage,
  schedule: Schedule,
  order: Order,
): Promise<void> {
  const asked = approvals(stage.ground, order.runbook, schedule.profile);
  const strikes = new Strikes(stage, { faults: [], people: asked }, people);
  stage.start({ ...order, requestedBy: "olivia", waitForLocks: false, preempt: false }, strikes.onCall);
  await untilEnded(stage, SAFETY_MS + holdsOf(stage.ground, schedule));
  stage.runs.length = 0;
}

const lossOf = (cloud: string) => ({ group: "process", kind: "killed", actor: `cloud/${cloud}` }) as const;

async function lose(stage: Stage, cloud: string): Promise<void> {
  stage.noteFault(`cloud/${cloud}`, "is lost");
  stage.world.inject(lossOf(cloud));
  await untilVerdict(stage, cloud, "down");
}

async function giveBack(stage: Stage, cloud: string): Promise<void> {
  stage.world.heal(lossOf(cloud));
  await untilVerdict(stage, cloud, "healthy");
}

/** When few ask: where many do, capacity alone would keep everybody from leaving a cloud that is well. */
async function answerLate(stage: Stage, cloud: string): Promise<void> {
  await giveBack(stage, cloud);
  stage.world.requestsPerSecond /= DEMAND_DIVISOR;
}

const DEMAND_DIVISOR = 4;
const VERDICT_MOST_MS = 600_000;

/** Nobody starts a runbook before the world says that it is time. Throws RangeError when it never does. */
async function untilVerdict(stage: Stage, cloud: string, verdict: Verdict): Promise<void> {
  const untilMs = stage.kernel.now() + VERDICT_MOST_MS;
  while (stage.world.verdictOf(cloud) !== verdict) {
    if (stage.kernel.now() > untilMs) throw new RangeError(`${cloud} never became ${verdict}`);
    await stage.kernel.pass(LOOK_MS);
  }
}
