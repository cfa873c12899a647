/**
 * Who begins the run that survives an outage: the one place for it. Here it is the drill, as the person on call would, as
 * soon as a member says that the cloud is lost. Where the product begins it by itself, this waits for that run in place of
 * starting one, and nothing else of the drill changes.
 */
import type { Api } from "../cli/api/client.ts";
import { startAtOnce } from "./runs.ts";
import type { Scene } from "./scene.ts";
import type { VerdictWatch } from "./verdict-watch.ts";

/** Longer than any limit: what comes later than its limit is for the judge. */
const VERDICT_WITHIN_MS = 60_000;

/** The run's name; null when nobody ever says that the cloud is lost. */
export async function survivalBegun(
  scene: Scene,
  api: Api,
  watch: VerdictWatch,
  lost: readonly string[],
): Promise<string | null> {
  const cloud = scene.options.outage?.cloud ?? "";
  if (!(await watch.until(cloud, lost, VERDICT_WITHIN_MS))) return null;
  return await startAtOnce(scene, api, { runbook: "survive-outage", input: { cloud, database: "move" } });
}
