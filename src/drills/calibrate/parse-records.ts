/** A drill's records as calibration reads them: its ledgers, what its clients saw, and what went wrong on purpose. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { LedgerEvent } from "../../domain/ledger.ts";
import { parseLedger } from "../../drivers/files/parse-ledger.ts";
import type { ClientLine } from "./measured.ts";

const client: z.ZodType<ClientLine> = z.object({
  sent: z.number(),
  ended: z.number(),
  status: z.number().nullable(),
});

const struck = z.object({
  time: z.number(),
  what: z.enum(["begin", "end"]),
  cloud: z.string(),
  fault: z.enum(["kill", "freeze", "slow", "errors", "partition"]),
});

/** A fault of a whole cloud that began or ended. `time`: ms since the epoch. */
export type Struck = z.infer<typeof struck>;

/** A folder that holds no whole records: what is wrong, in words. */
export class NoRecords extends Error {
  override readonly name = "NoRecords";
}

export type DrillRecords = {
  readonly events: readonly LedgerEvent[];
  readonly clients: readonly ClientLine[];
  /** In their order; none of a drill without faults. */
  readonly faults: readonly Struck[];
};

/** Throws NoRecords. */
export async function readRecords(folder: string): Promise<DrillRecords> {
  const [ledger, faults] = [join(folder, "ledger.jsonl"), join(folder, "faults.ndjson")];
  try {
    return {
      events: parseLedger(await readFile(ledger), ledger).events,
      clients: await linesOf(join(folder, "client.ndjson"), client),
      faults: existsSync(faults) ? await linesOf(faults, struck) : [],
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoRecords(`${folder} holds no whole records of a drill: ${why}`);
  }
}

async function linesOf<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = await readFile(file, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => schema.parse(JSON.parse(line)));
}
