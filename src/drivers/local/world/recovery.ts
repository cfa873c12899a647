/**
 * What an earlier world left running is ended before a new one begins, and before its folder is deleted: by recorded
 * identity only, so that a pid which the system gave to somebody else meanwhile is never touched.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers } from "../postgres/leftovers.ts";
import { isRunning, type ProcessIdentity, signalIdentity } from "../processes/identity.ts";
import { withDescendants } from "../processes/process-tree.ts";
import { pollUntil } from "../processes/wait.ts";
import type { Layout } from "./layout.ts";
import { readIdentity, readKeeperRecord, type WorldFile } from "./world-file-parse.ts";

const goneWithinMs = 5_000;

/** Every process of that world that still runs, keepers first: a keeper would start an agent again. */
export function recordedProcesses(layout: Layout): ProcessIdentity[] {
  if (!existsSync(layout.keeperDir)) return [];
  const files = readdirSync(layout.keeperDir);
  const keepers = files
    .filter((name) => name.endsWith(".keeper.json"))
    .flatMap((name) => readIdentity(join(layout.keeperDir, name)) ?? []);
  const children = files
    .filter((name) => name.endsWith(".processes.json"))
    .flatMap((name) => readKeeperRecord(join(layout.keeperDir, name)));
  return [...keepers, ...children].filter(isRunning);
}

/** Ends them, and removes locks and segments of their databases. Throws when something cannot be ended. */
export async function endLeftovers(layout: Layout, world: WorldFile | null): Promise<void> {
  // With what is below them: a stopped backend of a database outlives its server.
  const left = withDescendants(recordedProcesses(layout).map(({ pid }) => pid));
  for (const identity of left) signalIdentity(identity, "SIGKILL");
  const gone = await pollUntil(() => (left.some(isRunning) ? undefined : true), {
    withinMs: goneWithinMs,
    everyMs: 20,
  });
  if (gone === undefined)
    throw new Error(
      `processes ${left
        .filter(isRunning)
        .map(({ pid }) => pid)
        .join(", ")} do not end`,
    );
  for (const { postgres } of Object.values(world?.clouds ?? {}))
    await removeLeftovers(postgres.dataDirectory);
}
