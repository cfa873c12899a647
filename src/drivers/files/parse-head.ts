/** A head's file back into a head. What is not byte for byte as a store writes it is no head. */
import { z } from "zod";
import { HEAD_VERSION, headLine, type LedgerHead } from "../../domain/ledger-head.ts";

const head = z.strictObject({
  v: z.literal(HEAD_VERSION),
  run: z.string(),
  index: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.int().min(0),
  installation: z.string(),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});

/** The head; null when there is none yet; or why these bytes are none. */
export function parseHead(bytes: Buffer): LedgerHead | string | null {
  // Between its making and its first head.
  if (bytes.length === 0) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.toString("utf8"));
  } catch {
    return "was cut or changed: it is not JSON";
  }
  const parsed = head.safeParse(raw);
  if (!parsed.success) return "was changed: it has not the shape of a head";
  // Compared as bytes: what is no text would be replaced in reading.
  if (!Buffer.from(headLine(parsed.data)).equals(bytes)) return "is not spelled as it was written";
  return parsed.data;
}
