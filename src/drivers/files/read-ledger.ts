/** Reads ledgers as they are, and changes nothing: whoever proves a record must not mend it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LedgerCopy } from "../../domain/ledger-proof.ts";
import { parseHead } from "./parse-head.ts";
import { parseLedger } from "./parse-ledger.ts";

export const EVENTS_ENDING = ".jsonl";
export const HEAD_ENDING = ".head";
export const RUN_NAME = /^[a-z0-9][a-z0-9-]{0,99}$/;

/** Names of all runs of which any folder has events or a head, whatever the names are like. */
export async function runsIn(folders: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const folder of folders) {
    for (const name of await readdir(folder).catch((): string[] => [])) {
      const ending = [EVENTS_ENDING, HEAD_ENDING].find((known) => name.endsWith(known));
      if (ending !== undefined) names.add(name.slice(0, -ending.length));
    }
  }
  return [...names].sort();
}

export async function copyIn(folder: string, run: string): Promise<LedgerCopy> {
  const store = join(folder, `${run}${EVENTS_ENDING}`);
  const absent = { store, present: false, events: [], torn: false, head: null };
  // Before a path is made of it: a name may lead out of the folder.
  if (run.includes("/")) return { ...absent, fault: null };
  try {
    // The head first: a run in flight may write between the two, and an older head is no fault.
    const head = await bytesOrNull(join(folder, `${run}${HEAD_ENDING}`));
    return copyOf(store, { run, head, events: await bytesOrNull(store) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...absent, present: true, fault: `it cannot be read: ${why}` };
  }
}

type Found = { readonly run: string; readonly events: Buffer | null; readonly head: Buffer | null };

/** The bytes of a copy as what they mean. */
export function copyOf(store: string, { run, events, head }: Found): LedgerCopy {
  const copy = {
    store,
    present: events !== null,
    events: [],
    torn: false,
    fault: null,
    head: head === null ? null : parseHead(head),
  };
  if (!RUN_NAME.test(run) && (events !== null || head !== null))
    return { ...copy, fault: "that is no name of a run" };
  if (events === null) return copy;
  try {
    const parsed = parseLedger(events, store.slice(store.lastIndexOf("/") + 1));
    const fault = parsed.oddLine === null ? null : `line ${parsed.oddLine} is not spelled as it was written`;
    return { ...copy, events: parsed.events, torn: parsed.torn, fault };
  } catch (error) {
    return { ...copy, fault: error instanceof Error ? error.message : String(error) };
  }
}

async function bytesOrNull(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
