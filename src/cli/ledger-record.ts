/** What of a proved run goes into an export: all copies are alike then, so the first will do. */
import { isProved } from "../domain/ledger-proof.ts";
import type { Proved } from "./ledger-source.ts";
import type { Recorded } from "./views/ledger-narrative.ts";

/** None when it is no proof. */
export function recordOf({ proof, copies }: Proved): Recorded[] {
  const [copy] = copies;
  if (!isProved(proof) || copy === undefined) return [];
  const { events, head } = copy;
  return head === null || typeof head === "string" ? [] : [{ run: proof.run, events, head }];
}
