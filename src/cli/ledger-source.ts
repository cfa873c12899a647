/**
 * Where ledgers are read from, and by whose key they are proved. Read from the files themselves, so that the record can
 * be had when nothing else is up.
 */
import { didYouMean } from "../domain/names.ts";
import { AUDIT_LEDGER, isAuditLedger } from "../domain/ledger.ts";
import { isProved, type LedgerCopy, type Proof, proveRun } from "../domain/ledger-proof.ts";
import type { Call, Context, LedgerKey } from "./context.ts";
import { failed, malformed } from "./errors.ts";
import { textOption } from "./options.ts";

/** Beside the ledgers of an export, and in the state folder of a world. */
export const PUBLIC_KEY_FILE = "ledger-public-key.json";

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
  if (copies.some(({ present, head, fault }) => present || head !== null || fault !== null)) return copies;
  const known = await context.outside.ledgerRuns(folders);
  const audits = known.filter(isAuditLedger).toSorted();
  const [first] = audits;
  if (run === AUDIT_LEDGER && first !== undefined) {
    throw malformed({
      what: "there are several servers, and each keeps an audit ledger of its own",
      why: `there are: ${audits.join(", ")}`,
      next: context.again(["ledger", "show", first]),
    });
  }
  throw malformed({
    what: `there is no ledger of a run "${run}"${didYouMean(run, known)}`,
    why:
      known.length === 0
        ? `no run has been recorded in ${folders.join(", ")}`
        : `${known.length} run(s) are recorded in ${folders.join(", ")}`,
    next: context.again(["run", "list"]),
  });
}

/** `ofExport`: by the key that came with what it is to prove, which anybody can have made. */
export type Key = { readonly check: LedgerKey; readonly ofExport: boolean };

/**
 * The key that was named, else this installation's own, else, for an export, the one in it. Throws `malformed` for one
 * that was named and is none, `failed` when there is no key at all.
 */
export async function keyFor(call: Call, exported: string | null, context: Context): Promise<Key> {
  const { outside, globals } = context;
  const named = textOption(call, "key");
  if (named !== null) {
    const check = await outside.ledgerKey(outside.resolvePath(named));
    if (check !== null) return { check, ofExport: false };
    throw malformed({ what: `there is no file ${named}`, why: "--key names a public key", next: "ls" });
  }
  const ownFile = outside.resolvePath(globals.state, PUBLIC_KEY_FILE);
  const own = await outside.ledgerKey(ownFile);
  if (own !== null) return { check: own, ofExport: false };
  const found =
    exported === null ? null : await outside.ledgerKey(outside.resolvePath(exported, PUBLIC_KEY_FILE));
  if (found !== null) return { check: found, ofExport: true };
  throw failed({
    what: "there is no public key to prove ledgers with",
    why: `${ownFile} is not there; it is made when the world is brought up`,
    next: context.again(["ledger", "verify", "--key", "FILE"]),
  });
}

const LOOKS = 3;
const LOOK_PAUSE_MS = 200;

export type Proved = { readonly proof: Proof; readonly copies: readonly LedgerCopy[] };

/** A run in flight is written to one file after the other, so what is no proof yet is looked at again. */
export async function proveIn(
  run: string,
  folders: readonly string[],
  { key, context }: { readonly key: Key; readonly context: Context },
): Promise<Proved> {
  for (let look = 1; ; look += 1) {
    const copies = await context.outside.ledgerCopies(folders, run);
    const proof = proveRun(run, copies, key.check);
    if (isProved(proof) || look >= LOOKS) return { proof, copies };
    await context.io.sleep(LOOK_PAUSE_MS, context.io.interrupted);
  }
}
