/** Takes down a world that another process holds, and removes what it left when asked to. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { isRunning, signalIdentity } from "../processes/identity.ts";
import { pollUntil } from "../processes/wait.ts";
import { layoutOf, ownEntries, type Layout } from "./layout.ts";
import { endLeftovers, recordedProcesses } from "./recovery.ts";
import { findSupervisor } from "./supervisor-lock.ts";
import { WorldError } from "./world-error.ts";
import { readWorldFile } from "./world-file-parse.ts";

const cleanWithinMs = 20_000;

/** Cleanly by its supervisor, within a bound; what is then left is ended by recorded identity. */
export async function requestDown(
  stateDir: string,
  options: { readonly purge: boolean },
): Promise<{ readonly wasUp: boolean }> {
  const layout = layoutOf(resolve(stateDir));
  const world = readWorldFile(layout.worldFile);
  if (!existsSync(layout.stateDir)) return { wasUp: false };
  const supervisor = findSupervisor(layout);
  if (supervisor !== null) {
    signalIdentity(supervisor, "SIGTERM");
    const gone = await pollUntil(() => (isRunning(supervisor) ? undefined : true), {
      withinMs: cleanWithinMs,
      everyMs: 20,
    });
    // Its keepers follow it.
    if (gone === undefined) signalIdentity(supervisor, "SIGKILL");
  }
  const wasUp = supervisor !== null || recordedProcesses(layout).length > 0;
  await endLeftovers(layout, world);
  if (options.purge) purge(layout, world?.dataRoot ?? null);
  return { wasUp };
}

/** Only what is ours: whoever named a folder with other things in it as the state folder keeps those. */
function purge(layout: Layout, dataRoot: string | null): void {
  const isEmpty = readdirSync(layout.stateDir).length === 0;
  if (!isEmpty && !existsSync(layout.worldFile) && !existsSync(layout.keeperDir)) {
    throw new WorldError({
      what: `${layout.stateDir} is not removed`,
      why: "it is not the state folder of a local world",
      next: "Name the right one with --state DIR",
    });
  }
  if (dataRoot !== null) rmSync(dataRoot, { recursive: true, force: true });
  for (const entry of ownEntries) rmSync(join(layout.stateDir, entry), { recursive: true, force: true });
  if (readdirSync(layout.stateDir).length === 0) rmdirSync(layout.stateDir);
}
