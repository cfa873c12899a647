/** One world a state folder: the supervisor that holds the folder is on record by its identity. */
import { writeFileSync, rmSync } from "node:fs";
import { identify, isRunning, type ProcessIdentity } from "../processes/identity.ts";
import type { Layout } from "./layout.ts";
import { WorldError } from "./world-error.ts";
import { readIdentity } from "./world-file-parse.ts";

/** The supervisor that runs on the folder now, or null. */
export function findSupervisor(layout: Layout): ProcessIdentity | null {
  const holder = readIdentity(layout.supervisorFile);
  return holder !== null && isRunning(holder) ? holder : null;
}

/** Takes the folder for this process. Throws WorldError when another one has it. */
export function holdStateFolder(layout: Layout): void {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (tryToHold(layout.supervisorFile)) return;
    const holder = findSupervisor(layout);
    if (holder !== null) {
      throw new WorldError({
        what: "the local world is up already",
        why: `process ${holder.pid} has the state folder ${layout.stateDir}`,
        next: `Use it (./wildcam local status), take it down (./wildcam local down), or name another folder (--state DIR)`,
      });
    }
    // Left by one that was killed.
    rmSync(layout.supervisorFile, { force: true });
  }
  throw new WorldError({
    what: "the state folder could not be taken",
    why: `several processes want ${layout.stateDir} at once`,
    next: "Try again",
  });
}

export function releaseStateFolder(layout: Layout): void {
  if (readIdentity(layout.supervisorFile)?.pid === process.pid)
    rmSync(layout.supervisorFile, { force: true });
}

function tryToHold(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(identify(process.pid)), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
