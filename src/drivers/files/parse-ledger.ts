/** Ledger lines back into events; the chain is what proves them, so here only their shape is looked at. */
import { z } from "zod";
import { EVENT_TYPES, LEDGER_VERSION, type LedgerEvent } from "../../domain/ledger.ts";
import { terminal } from "../../ports/errors.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const event = z.strictObject({
  v: z.literal(LEDGER_VERSION),
  run: z.string(),
  index: z.int().min(0),
  time: z.number(),
  type: z.enum(EVENT_TYPES),
  by: z.string(),
  data: z.record(z.string(), z.json()),
  previous: hash,
  hash,
});

export type ParsedLedger = {
  readonly events: LedgerEvent[];
  /** Bytes up to the end of the last whole line. */
  readonly wholeBytes: number;
  readonly torn: boolean;
};

/** Throws `terminal` naming the line when a whole line is no event. */
export function parseLedger(text: string, name: string): ParsedLedger {
  const end = text.lastIndexOf("\n") + 1;
  const lines = text.slice(0, end).split("\n").slice(0, -1);
  const events = lines.map((line, index) => parseLine(line, `${name}:${index + 1}`));
  return { events, wholeBytes: Buffer.byteLength(text.slice(0, end)), torn: end < text.length };
}

function parseLine(line: string, place: string): LedgerEvent {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    throw terminal(`${place} is not JSON`);
  }
  const parsed = event.safeParse(raw);
  if (!parsed.success)
    throw terminal(`${place} is no ledger event: ${parsed.error.issues[0]?.message ?? "unknown"}`);
  return parsed.data;
}
