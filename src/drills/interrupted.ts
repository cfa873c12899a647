/**
 * The drill of survival: traffic and primary move there and back, again and again under load, while the orchestrator's
 * processes are killed and frozen at every step boundary and inside every effect.
 *
 * It ends with a whole cycle: when as many interruptions were made as were asked for, and every place had its turn where
 * that many suffice; at the latest when its time is over, which the judge then sees.
 */
import { join } from "node:path";
import { z } from "zod";
import type { Api } from "../cli/api/client.ts";
import { ledgerFolderOf } from "./collect.ts";
import { countsOf } from "./counts.ts";
import { followAndInterrupt, type InterrupterSetup } from "./interrupter.ts";
import { KillPlan, PLACES } from "./kill-plan.ts";
import { openRecordFile } from "./record-file.ts";
import { startPlanned, untilWell } from "./runs.ts";
import { applyTwice } from "./sabotage.ts";
import type { Scene } from "./scene.ts";
import type { Story } from "./stage.ts";

/** 100 places, of which a pivot lets one be interrupted a run: about 20 times there and back. */
const STORY_MS_MAX = 3_000_000;
/** Of what goes on when the story's time is over: the last cycle, and the clients' own end. */
const LAST_CYCLE_MS_MAX = 180_000;

const ended = z.object({ outcome: z.string(), why: z.string() });

export const interrupted: Story = { loadForMsMax: STORY_MS_MAX + LAST_CYCLE_MS_MAX, tell };

async function tell(scene: Scene, api: Api): Promise<void> {
  const { options, out, status, say, signal } = scene;
  const [kills, seen, counts] = ["kills", "seen", "counts"].map((name) =>
    openRecordFile(join(out, `${name}.ndjson`)),
  );
  if (kills === undefined || seen === undefined || counts === undefined) throw new Error("no record files");
  const plan = new KillPlan(options.seed);
  const setup: InterrupterSetup = {
    plan,
    stateDir: status.stateDir,
    ledgerFolder: await ledgerFolderOf(options.inventoryFile, status.stateDir),
    effectsFolder: join(status.stateDir, "effects"),
    kills,
    seen,
    say,
    signal,
  };
  try {
    const count = await countsOf(status, counts);
    await count(signal);
    await inCycles(scene, api, setup);
    if (options.sabotage === "twice") await applyTwice(status.stateDir, options.from);
    await count(signal);
  } finally {
    for (const file of [kills, seen, counts]) await file.close();
  }
}

async function inCycles(scene: Scene, api: Api, setup: InterrupterSetup): Promise<void> {
  const { from, to, ...options } = scene.options;
  const untilMs = Date.now() + STORY_MS_MAX;
  const everyPlace = options.kills >= PLACES.length;
  const enough = () => setup.plan.hits >= options.kills && (!everyPlace || setup.plan.unvisited.length === 0);
  let away = false;
  while (away || (!enough() && Date.now() < untilMs)) {
    const order = away
      ? { runbook: "rollback", input: { from: to, to: from, database: "move" } }
      : { runbook: "manual-failover", input: { from, to, database: "move" } };
    await untilWell(scene, api);
    const run = await startPlanned(scene, api, order);
    const end = await followAndInterrupt(setup, run, order.runbook);
    const { outcome, why } = ended.parse(end.data);
    scene.say(`  ${run} ${outcome} ${why}`);
    // What then stands is for the judge to say.
    if (outcome !== "completed") return;
    away = !away;
  }
  if (setup.plan.unvisited.length > 0) scene.say(`  not interrupted at: ${setup.plan.unvisited.join("; ")}`);
}
