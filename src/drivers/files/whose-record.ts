/** Whose record a run's is, by the signed heads in the stores. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isSignedBy, type SignatureCheck } from "../../domain/ledger-head.ts";
import { parseHead } from "./parse-head.ts";
import { HEAD_ENDING, RUN_NAME } from "./read-ledger.ts";

/** Answers who signed it, when any store's head is not this installation's; null otherwise, and before its first head. */
export function signedElsewhere(
  folders: readonly string[],
  here: SignatureCheck,
): (run: string) => Promise<string | null> {
  return async (run) => {
    if (!RUN_NAME.test(run)) return null;
    for (const folder of folders) {
      const bytes = await readFile(join(folder, `${run}${HEAD_ENDING}`)).catch(() => Buffer.alloc(0));
      const head = parseHead(bytes);
      // One that is damaged is `ledger verify`'s to name.
      if (head === null || typeof head === "string" || isSignedBy(head, here)) continue;
      return head.installation === here.installation ? "somebody without this one's key" : head.installation;
    }
    return null;
  };
}
