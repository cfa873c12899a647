/**
 * The drill of an outage: a whole cloud dies (or freezes, slows down, fails) under load, it is survived, comes back, and is
 * restored by steps; as often as was asked for, in one world.
 *
 * `faults.ndjson` says when each fault began and ended, by the supervisor's own clock; whether all went well is for the judge.
 */
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import type { Api } from "../cli/api/client.ts";
import { CliError } from "../cli/errors.ts";
import { faultClientOf, type FaultClient } from "../drivers/local/faults/client.ts";
import { countsOf } from "./counts.ts";
import type { OutageOrder } from "./options.ts";
import { returnAllAtOnce, startOldPrimary, trustOneObserver } from "./outage-sabotage.ts";
import { openRecordFile, type RecordFile } from "./record-file.ts";
import { followToItsEnd, startPlanned } from "./runs.ts";
import type { Scene } from "./scene.ts";
import type { Story } from "./stage.ts";
import { survivalBegun } from "./survive.ts";
import { type VerdictWatch, watchVerdicts } from "./verdict-watch.ts";

/** With the time of day on the clients' side: whatever is left of it when the last round is over is not used. */
const STORY_MS_MAX = 3_200_000;
/** Load on the world as it was left, before the cloud comes back; and once more when all is as it was. */
const SETTLE_MS = 3_000;
const HEALTHY_WITHIN_MS = 120_000;

export const outage: Story = { loadForMsMax: STORY_MS_MAX, tell };

type Round = {
  readonly scene: Scene;
  readonly api: Api;
  readonly order: OutageOrder;
  readonly faults: FaultClient;
  readonly watch: VerdictWatch;
  readonly record: RecordFile;
};

async function tell(scene: Scene, api: Api): Promise<void> {
  const { options, out, status, say, signal } = scene;
  const faults = faultClientOf(status.stateDir);
  if (options.outage === null || faults === null) throw new Error("there is nothing to break");
  const watch = await watchVerdicts(scene, join(out, "verdicts.ndjson"));
  const record = openRecordFile(join(out, "faults.ndjson"));
  const counts = openRecordFile(join(out, "counts.ndjson"));
  const round = { scene, api, order: options.outage, faults, watch, record };
  try {
    const count = await countsOf(status, counts);
    await count(signal);
    for (let number = 1; number <= round.order.repeat; number += 1)
      if (!(await tellRound(round, number))) break;
    await after(SETTLE_MS, undefined, { signal });
    await count(signal).catch((error: unknown) => say(`not counted at the end: ${String(error)}`));
  } finally {
    await watch.close();
    for (const file of [record, counts]) await file.close();
  }
}

/** Whether it came to its end; what does not ends the story, and is for the judge. */
async function tellRound(round: Round, number: number): Promise<boolean> {
  const { scene, api, order, watch } = round;
  const { say, signal, options } = scene;
  const { cloud, fault } = order;
  if (options.sabotage === "one-observer" && number === 1) await trustOneObserver(scene);
  await begin(round, number);
  const survived = await unlessRefused(scene, async () => {
    const survival = await survivalBegun(scene, api, watch, lostBy(fault));
    if (survival === null) say(`  nobody says that ${cloud} is lost`);
    return survival !== null && (await followToItsEnd(scene, api, survival));
  });
  if (!survived) return false;
  await after(SETTLE_MS, undefined, { signal });
  await end(round, number);
  if (options.sabotage === "no-fence" && number === 1) await startOldPrimary(scene);
  if (!(await watch.untilAll(cloud, ["healthy"], HEALTHY_WITHIN_MS))) {
    say(`  ${cloud} does not become healthy`);
    return false;
  }
  if (options.sabotage === "all-at-once" && number === 1) await returnAllAtOnce(scene);
  // The primary goes back while there are rounds to come, so that each of them strikes it.
  const primary = number < order.repeat ? "return" : "stay";
  return await unlessRefused(scene, async () => {
    const run = await startPlanned(scene, api, { runbook: "restore-traffic", input: { cloud, primary } });
    return await followToItsEnd(scene, api, run);
  });
}

/** What the orchestrator refuses is no fault of the drill: the records say what came of it. */
async function unlessRefused({ say, signal }: Scene, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CliError) || signal.aborted) throw error;
    say(`  ${error.problem.what}: ${error.problem.why}`);
    return false;
  }
}

/** What has to be said of the cloud before anything is done. */
function lostBy(fault: OutageOrder["fault"]): string[] {
  return fault === "slow" || fault === "errors" ? ["down", "degraded"] : ["down"];
}

async function begin({ scene, order, faults, record }: Round, number: number): Promise<void> {
  const { cloud, fault } = order;
  const { sinceMs, processes } = await faults.begin(cloud, { fault });
  const membersLost = scene.status.orchestrator.filter((member) => member.cloud === cloud).length;
  record.add({ time: sinceMs, what: "begin", round: number, cloud, fault, processes, membersLost });
  scene.say(`${number}. ${fault} of ${cloud}`);
}

async function end({ scene, order, faults, record }: Round, number: number): Promise<void> {
  const { cloud, fault } = order;
  const { atMs } = await faults.heal(cloud);
  record.add({ time: atMs, what: "end", round: number, cloud, fault, processes: null, membersLost: 0 });
  scene.say(`  ${cloud} comes back`);
}
