/** A drill's records as calibration reads them: its ledgers, and what its clients saw. */
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

/** A folder that holds no whole records: what is wrong, in words. */
export class NoRecords extends Error {
  override readonly name = "NoRecords";
}

export type DrillRecords = {
  readonly events: readonly LedgerEvent[];
  readonly clients: readonly ClientLine[];
};

/** Throws NoRecords. */
export async function readRecords(folder: string): Promise<DrillRecords> {
  const [ledger, clients] = [join(folder, "ledger.jsonl"), join(folder, "client.ndjson")];
  try {
    const text = await readFile(clients, "utf8");
    return {
      events: parseLedger(await readFile(ledger), ledger).events,
      clients: text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => client.parse(JSON.parse(line))),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoRecords(`${folder} holds no whole records of a drill: ${why}`);
  }
}
