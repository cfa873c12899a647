/** Signatures for tests that are about what is said of them: as hard to forge as their test wants to forge them. */
import { createHash } from "node:crypto";
import type { Signer } from "../../domain/ledger-head.ts";
import type { LedgerKey } from "../context.ts";

export function signerCalled(installation: string): Signer {
  const sign = (text: string) => createHash("sha512").update(`${installation}\n${text}`).digest("hex");
  return { installation, sign, holds: (text, signature) => sign(text) === signature };
}

export function keyOf(installation: string): LedgerKey {
  return { ...signerCalled(installation), text: `the public key of ${installation}\n` };
}
