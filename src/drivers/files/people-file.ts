/**
 * The file of people: roles, mails and digests of tokens, replaced whole and synced before it counts.
 *
 * Several servers of one machine may have it. Who changes it holds a file beside it that names its process; one whose
 * process is gone is put away, and one that is only slow or frozen is waited for, and then not gone past: two changes on
 * the same state would undo one of them, which may be a revocation.
 */
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type People, peopleFile } from "../../domain/people.ts";
import { retryable } from "../../ports/errors.ts";
import { identify, isRunning, type ProcessIdentity } from "../local/processes/identity.ts";
import { readIdentity } from "../local/world/world-file-parse.ts";

const ALONE_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 20;

export function peopleFileStore(file: string) {
  let known: { readonly stamp: string; readonly people: People } | null = null;
  return {
    read: async (): Promise<People> => {
      const { mtimeMs, ino, size } = await stat(file);
      const stamp = `${ino}/${mtimeMs}/${size}`;
      if (known?.stamp !== stamp)
        known = { stamp, people: peopleFile.parse(JSON.parse(await readFile(file, "utf8"))) };
      return known.people;
    },
    write: async (people: People): Promise<void> => {
      const temporary = `${file}.${process.pid}.new`;
      const handle = await open(temporary, "w", 0o600);
      try {
        await handle.writeFile(`${JSON.stringify(people, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
      // Else a power cut could bring a revoked token back.
      const folder = await open(dirname(file), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
    alone: async <T>(work: () => Promise<T>): Promise<T> => {
      const holding = `${file}.held`;
      await hold(holding);
      try {
        return await work();
      } finally {
        await rm(holding, { force: true });
      }
    },
  };
}

async function hold(file: string): Promise<void> {
  const deadline = performance.now() + ALONE_WITHIN_MS;
  // Linked, so that the file is there whole or not at all.
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    while (!(await isLinked(own, file))) {
      const holder = readIdentity(file);
      if (holder !== null && !isRunning(holder)) await putAway(file, holder);
      else if (performance.now() > deadline)
        throw retryable(`another server has held ${file} for ${ALONE_WITHIN_MS} ms; people are not changed`);
      else await pause(LOOK_EVERY_MS);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function isLinked(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Another one may have done so a moment before, and hold the file by now: then it gets it back. */
async function putAway(file: string, dead: ProcessIdentity): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = readIdentity(aside);
  if (moved?.started !== dead.started || moved.pid !== dead.pid) await isLinked(aside, file);
  await rm(aside, { force: true });
}
