/** Ledger lines back into events; the chain is what proves them, so here only their shape and spelling are looked at. */
import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { EVENT_TYPES, LEDGER_VERSION, type LedgerEvent, ledgerLine } from "../../domain/ledger.ts";
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
  /** The first line that means an event and is not spelled as a store spells it, counted from 1. */
  readonly oddLine: number | null;
};

const NEWLINE = 0x0a;

/** Throws `terminal` naming the line when a whole line is no event. */
export function parseLedger(bytes: Buffer, name: string): ParsedLedger {
  const wholeBytes = bytes.lastIndexOf(NEWLINE) + 1;
  const whole = bytes.subarray(0, wholeBytes);
  // Bytes that are no text would be replaced in reading, and two different files could then read alike.
  if (!isUtf8(whole)) throw terminal(`${name} holds bytes that are no text`);
  const lines = whole.toString("utf8").split("\n").slice(0, -1);
  const events = lines.map((line, index) => parseLine(line, `${name}:${index + 1}`));
  const odd = events.findIndex((parsed, index) => !isSpelledAs(parsed, `${lines[index]}\n`));
  return { events, wholeBytes, torn: wholeBytes < bytes.length, oddLine: odd < 0 ? null : odd + 1 };
}

function isSpelledAs(parsed: LedgerEvent, line: string): boolean {
  try {
    return ledgerLine(parsed) === line;
  } catch {
    // What canonical JSON cannot carry, a lone surrogate say, was not written by us.
    return false;
  }
}

function parseLine(line: string, place: string): LedgerEvent {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    throw terminal(`${place} is not JSON`);
  }
  const version: unknown = typeof raw === "object" && raw !== null ? Reflect.get(raw, "v") : undefined;
  if (version !== LEDGER_VERSION)
    throw terminal(`${place} is of version ${JSON.stringify(version)}, which is not known to this program`);
  const parsed = event.safeParse(raw);
  if (!parsed.success)
    throw terminal(`${place} is no ledger event: ${parsed.error.issues[0]?.message ?? "unknown"}`);
  return parsed.data;
}
