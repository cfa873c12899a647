/**
 * What a killed server leaves: a process (or its zombie), a lock file, a SysV segment. Removed before the next start
 * and before the folder is deleted, and never anything that is not provably of this data directory.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readText } from "../processes/files.ts";
import { commandLineOf, identify, signalIdentity } from "../processes/identity.ts";
import { pollUntil } from "../processes/wait.ts";
import { readPostmasterFile, type SharedSegment } from "./data-directory.ts";

const goneWithinMs = 6_000;

/** Ends a server that still runs on this directory and removes its lock file. Throws when it cannot be ended. */
export async function removeLeftovers(dataDirectory: string): Promise<void> {
  const file = readPostmasterFile(dataDirectory);
  if (file === null) return;
  const identity = identify(file.pid);
  const ours = identity !== null && commandLineOf(file.pid).includes(dataDirectory);
  if (ours) {
    signalIdentity(identity, "SIGQUIT");
    const gone = await pollUntil(
      () => (identify(file.pid)?.started === identity.started ? undefined : true),
      {
        withinMs: goneWithinMs / 2,
        everyMs: 20,
      },
    );
    if (gone === undefined) signalIdentity(identity, "SIGKILL");
  }
  const free = await pollUntil(() => (attachedTo(file.segment) === 0 ? true : undefined), {
    withinMs: goneWithinMs,
    everyMs: 20,
  });
  if (free === undefined) throw new Error(`processes of an earlier PostgreSQL still use ${dataDirectory}`);
  removeSegment(file.segment);
  rmSync(join(dataDirectory, "postmaster.pid"), { force: true });
}

/** How many processes are attached to the segment; 0 when there is none, or where it cannot be told. */
function attachedTo(segment: SharedSegment | null): number {
  const row = segmentRow(segment);
  return row === null ? 0 : Number(row[6]);
}

// Columns of /proc/sysvipc/shm: key shmid perms size cpid lpid nattch uid ...
function segmentRow(segment: SharedSegment | null): string[] | null {
  if (segment === null) return null;
  const rows = (readText("/proc/sysvipc/shm") ?? "").split("\n").map((line) => line.trim().split(/\s+/));
  return rows.find(([key, id]) => key === segment.key && id === segment.id) ?? null;
}

function removeSegment(segment: SharedSegment | null): void {
  if (segment === null || segmentRow(segment) === null) return;
  spawnSync("ipcrm", ["-m", segment.id], { stdio: "ignore" });
}
