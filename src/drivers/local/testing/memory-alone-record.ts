/** The record of who may acknowledge alone, in this process: for worlds without the orchestrator. */
import { type AloneNote, NOBODY_ALONE, noted } from "../../../domain/alone-note.ts";
import type { AloneRecord } from "../../../ports/alone-record.ts";
import { refused } from "../../../ports/errors.ts";

/** `written` is told of what came to stand. */
export function memoryAloneRecord(written: (note: AloneNote) => void = () => undefined): AloneRecord {
  const notes = new Map<string, AloneNote>();
  const of = (database: string): AloneNote => notes.get(database) ?? NOBODY_ALONE;
  return {
    read: async (database) => of(database).cloud,
    write: async ({ database, cloud, token: { epoch, sequence } }) => {
      const next = noted(of(database), { cloud, epoch, sequence });
      if (next === null) throw refused("the record has a newer token", { database, epoch, sequence });
      notes.set(database, next);
      written(next);
    },
  };
}
