// Why: reads go on while any copy of the data can be read, wherever the primary is.
//
// 1. The own cloud's database first, then the primary, then the others.
// 2. One that seems gone or hangs is left out until it has answered a look.
// 3. A row that a standby does not have may only not have come yet: the primary has the last word on what is missing,
//    and without it nothing is said to be missing.

import type { Databases } from "./databases.ts";
import { isPassing, saysUnreachable, Unavailable } from "./failures.ts";
import type { PodSettings } from "./settings.ts";
import type { Found, Statement } from "./statement-pool.ts";

type Reader = { readonly settings: PodSettings; readonly databases: Databases };
type FoundAt = Found & { readonly cloud: string };

/** Rows from the first database that answers. Throws Unavailable after the bound, or an error that is not passing. */
export async function readAnywhere(reader: Reader, statement: Statement): Promise<FoundAt> {
  const { settings, databases } = reader;
  const untilMs = performance.now() + settings.readBoundMs;
  return readFrom(reader, statement, { untilMs, clouds: () => databases.readable });
}

/** The one row, or undefined when the primary does not have it either. Throws as `readAnywhere` does. */
export async function readOne(reader: Reader, statement: Statement): Promise<readonly unknown[] | undefined> {
  const { settings, databases } = reader;
  const untilMs = performance.now() + settings.readBoundMs;
  const first = await readFrom(reader, statement, { untilMs, clouds: () => databases.readable });
  const cells = first.rows[0];
  if (cells !== undefined || first.cloud === databases.primary) return cells;
  const primary = (): readonly string[] => (databases.primary === undefined ? [] : [databases.primary]);
  return (await readFrom(reader, statement, { untilMs, clouds: primary })).rows[0];
}

type Where = { readonly untilMs: number; readonly clouds: () => readonly string[] };

async function readFrom(
  { settings, databases }: Reader,
  statement: Statement,
  { untilMs, clouds }: Where,
): Promise<FoundAt> {
  for (;;) {
    for (const cloud of clouds()) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      try {
        const found = await databases.reads(cloud).run(statement, Math.min(settings.readTryMs, leftMs));
        return { ...found, cloud };
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (saysUnreachable(error)) databases.suspect(cloud);
      }
    }
    if (performance.now() >= untilMs) {
      throw new Unavailable(`no database could be read within ${settings.readBoundMs} ms`);
    }
    await databases.lookAgain(untilMs);
  }
}
