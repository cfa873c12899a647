// Why: a write is acknowledged only when it will outlive the loss of a cloud, and happens once however often it is
// tried.
//
// 1. One statement inserts the row or counts the attempt on it: a repetition writes too, so it waits for the standby
//    as the first try did. A statement that finds the row and writes nothing is acknowledged at once, unreplicated.
// 2. What failed in a passing way may have happened: it is repeated under the same key and identifier, at whichever
//    database is the primary by then, until the bound.
// 3. A row that an earlier try of this request made is this request's: it is no replay.
// 4. Never a second outcome for a key: another body under it is told, not stored.

import { createHash, randomUUID } from "node:crypto";
import { rowFrom } from "./columns.ts";
import type { Row } from "./columns.ts";
import type { Databases } from "./databases.ts";
import { isPassing, reasonOf, Unavailable } from "./failures.ts";
import type { PodSettings } from "./settings.ts";
import { storedObservation, storeObservation } from "./statements.ts";
import type { StoredObservation } from "./statements.ts";

/** `row` is the observation as it is stored, by the standard's names. */
export type Written =
  | { readonly kind: "created" | "replayed"; readonly row: Row }
  | { readonly kind: "other-body" };

type Writer = { readonly settings: PodSettings; readonly databases: Databases };

/**
 * Stores a checked observation, without identifier, under its key. Throws Unavailable after the bound, then it may
 * still be stored; or PostgreSQL's error when it can never succeed.
 */
export async function writeObservation(writer: Writer, key: string, observation: Row): Promise<Written> {
  const row = { ...observation, observationID: `wildcam-${randomUUID()}` };
  const stored = await store(writer, storeObservation({ row, key, bodyDigest: digestOf(observation) }));
  if (!stored.sameBody) return { kind: "other-body" };
  return {
    kind: stored.madeHere ? "created" : "replayed",
    row: rowFrom("observations", stored.cells),
  };
}

/** A checked row has its fields in the schema's order, whatever order they came in. */
function digestOf(row: Row): Buffer {
  return createHash("sha256").update(JSON.stringify(row)).digest();
}

async function store(
  { settings, databases }: Writer,
  statement: ReturnType<typeof storeObservation>,
): Promise<StoredObservation> {
  const untilMs = performance.now() + settings.writeBoundMs;
  let reason = "no database takes writes";
  for (;;) {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) {
      throw new Unavailable(
        `the observation was not confirmed within ${settings.writeBoundMs} ms (${reason})`,
      );
    }
    const cloud = databases.primary;
    if (cloud !== undefined) {
      try {
        const timeoutMs = Math.min(settings.writeTryMs, leftMs);
        const { rows } = await databases.writes(cloud).run(statement, timeoutMs);
        return storedObservation(rows[0] ?? []);
      } catch (error) {
        if (!isPassing(error)) throw error;
        reason = reasonOf(error);
      }
    }
    await databases.lookAgain(untilMs);
  }
}
