/**
 * Who begins the run that survives an outage: the one place for it. The product does, by itself; nobody asks for it here. What
 * this waits for is that it has.
 */
import { setTimeout as after } from "node:timers/promises";
import type { Api } from "../cli/api/client.ts";
import type { Scene } from "./scene.ts";
import type { VerdictWatch } from "./verdict-watch.ts";

/** Longer than any limit: what comes later than its limit is for the judge. */
const VERDICT_WITHIN_MS = 60_000;
const BEGUN_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 250;

/** The run's name; null when nobody ever says that the cloud is lost, or nothing begins for it. */
export async function survivalBegun(
  scene: Scene,
  api: Api,
  watch: VerdictWatch,
  lost: readonly string[],
): Promise<string | null> {
  const cloud = scene.options.outage?.cloud ?? "";
  const sinceMs = Date.now();
  if (!(await watch.until(cloud, lost, VERDICT_WITHIN_MS))) return null;
  for (const untilMs = Date.now() + BEGUN_WITHIN_MS; Date.now() < untilMs; ) {
    const begun = (await api.runs()).find(
      ({ run, runbook, startedAtMs }) =>
        runbook === "survive-outage" && run.includes(`-${cloud}-`) && startedAtMs >= sinceMs,
    );
    if (begun !== undefined) {
      scene.say(`${begun.run} has begun, asked for by ${begun.requestedBy}`);
      return begun.run;
    }
    await after(LOOK_EVERY_MS, undefined, { signal: scene.signal });
  }
  scene.say(`nothing has begun by itself for ${cloud}`);
  return null;
}
