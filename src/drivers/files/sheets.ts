/**
 * Sheets in a folder: `<run>.md`, and beside it `<run>.by-hand` once people have taken the run over.
 * A sheet is written beside its place, synced, and renamed over it, so that also a crash of the machine leaves a whole one.
 */
import { access, chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { retryable, terminal } from "../../ports/errors.ts";
import type { Sheets } from "../../ports/sheets.ts";

const RUN_NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

export function fileSheets(folder: string): Sheets {
  let written = 0;
  const placeOf = (run: string) => {
    if (!RUN_NAME.test(run)) throw terminal(`"${run}" is no name of a run`);
    return { sheet: join(folder, `${run}.md`), taken: join(folder, `${run}.by-hand`) };
  };
  return {
    placeOf,
    write: async (run, text) => {
      const { sheet } = placeOf(run);
      written += 1;
      // A name of its own for each, so that two writers at once cannot mix.
      const fresh = `${sheet}.${process.pid}-${written}.new`;
      await worded(`the sheet ${sheet} cannot be written`, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        // A folder that was there before may be open to others.
        await chmod(folder, 0o700);
        await writeSynced(fresh, text);
        await rename(fresh, sheet);
      });
    },
    read: async (run) => {
      const { sheet } = placeOf(run);
      return await worded(`the sheet ${sheet} cannot be read`, () => orNull(readFile(sheet, "utf8")));
    },
    isTaken: async (run) => {
      const { taken } = placeOf(run);
      return await worded(`${taken} cannot be looked for`, async () => {
        return (await orNull(access(taken).then(() => true))) ?? false;
      });
    },
  };
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

async function worded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw retryable(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
