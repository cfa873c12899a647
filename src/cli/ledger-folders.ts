/** Where the ledgers are. Read from the files themselves, so that the record can be had when nothing else is up. */
import type { Context, LedgerCopy } from "./context.ts";
import { didYouMean } from "../domain/names.ts";
import { malformed } from "./errors.ts";

/** Folders of all stores, absolute. */
export async function ledgerFolders(context: Context): Promise<string[]> {
  const { inventory } = await context.inventory();
  return inventory.stores.ledger.map((folder) => context.outside.resolvePath(context.globals.state, folder));
}

/** Every store's copy of one run. Throws `malformed` when no store knows it. */
export async function copiesOf(
  run: string,
  folders: readonly string[],
  context: Context,
): Promise<readonly LedgerCopy[]> {
  const copies = await context.outside.ledgerCopies(folders, run);
  if (copies.some(({ events, fault }) => events.length > 0 || fault !== null)) return copies;
  const known = await context.outside.ledgerRuns(folders);
  throw malformed({
    what: `there is no ledger of a run "${run}"${didYouMean(run, known)}`,
    why:
      known.length === 0
        ? `no run has been recorded in ${folders.join(", ")}`
        : `${known.length} run(s) are recorded in ${folders.join(", ")}`,
    next: context.again(["run", "list"]),
  });
}
