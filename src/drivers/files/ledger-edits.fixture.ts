/**
 * Random edits of a run's files, by a hand that may write everything and has no key: from one bit to a whole chain
 * reckoned anew.
 */
import { chainEvent, type LedgerEvent, ledgerLine } from "../../domain/ledger.ts";
import { parseLedger } from "./parse-ledger.ts";

/** What one store holds of a run; null where a file is gone. */
export type Files = { readonly events: Buffer | null; readonly head: Buffer | null };

/** A whole number from 0 up to, and without, `below`. */
export type Random = (below: number) => number;

export type Edit = {
  readonly kind: Kind;
  readonly file: keyof Files;
  /** In how many stores. */
  readonly stores: number;
  readonly at: number;
  /** All stores, afterwards. */
  readonly left: readonly Files[];
};

export const KINDS = [
  "flip a bit",
  "change a byte",
  "insert a byte",
  "delete a byte",
  "cut",
  "swap lines",
  "insert a line",
  "repeat a line",
  "delete a line",
  "add a chained event",
  "reckon the chain anew",
  "spell a line otherwise",
  "take another run's file",
  "remove the file",
] as const;
type Kind = (typeof KINDS)[number];

/** Numbers that a seed fixes (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One edit of one kind of file, in one store or in all alike; null when it would leave every byte as it was. */
export function editsOf(stores: readonly Files[], others: readonly Files[], random: Random): Edit | null {
  const kind = KINDS[random(KINDS.length)] ?? "cut";
  const file = random(3) === 0 ? "head" : "events";
  const inAll = random(2) === 0;
  const chosen = random(stores.length);
  const whole = stores[chosen]?.[file];
  if (whole === undefined || whole === null) return null;
  const at = random(whole.length);
  const edited = edit(whole, kind, { at, random, other: others[chosen]?.[file] ?? null });
  if (edited === undefined || edited?.equals(whole) === true) return null;
  const left = stores.map((files, index) =>
    inAll || index === chosen ? { ...files, [file]: edited } : files,
  );
  return { kind, file, stores: inAll ? stores.length : 1, at, left };
}

type How = { readonly at: number; readonly random: Random; readonly other: Buffer | null };

/** Undefined: cannot be done to this file. */
function edit(whole: Buffer, kind: Kind, { at, random, other }: How): Buffer | null | undefined {
  if (kind === "remove the file") return null;
  if (kind === "take another run's file") return other ?? undefined;
  if (kind === "add a chained event" || kind === "reckon the chain anew") return forged(whole, kind, random);
  return kind.includes("line") ? editLines(whole, kind, random) : editBytes(whole, kind, { at, random });
}

function editBytes(whole: Buffer, kind: Kind, { at, random }: Pick<How, "at" | "random">): Buffer {
  // Also at the end, where what is put in might pass for what a crash leaves.
  const place = kind === "insert a byte" && random(8) === 0 ? whole.length : at;
  const before = whole.subarray(0, place);
  const after = whole.subarray(place + 1);
  const byte = whole[place] ?? 0;
  if (kind === "cut") return before;
  if (kind === "delete a byte") return Buffer.concat([before, after]);
  if (kind === "flip a bit") return Buffer.concat([before, Buffer.of(byte ^ (1 << random(8))), after]);
  if (kind === "change a byte") return Buffer.concat([before, Buffer.of(random(256)), after]);
  return Buffer.concat([before, Buffer.of(random(256)), whole.subarray(place)]);
}

function editLines(whole: Buffer, kind: Kind, random: Random): Buffer {
  const lines = whole.toString("utf8").split(/(?<=\n)/);
  const at = random(lines.length);
  const line = lines[at] ?? "";
  if (kind === "delete a line") lines.splice(at, 1);
  if (kind === "repeat a line") lines.splice(random(lines.length + 1), 0, line);
  if (kind === "insert a line") lines.splice(random(lines.length + 1), 0, random(2) === 0 ? "\n" : "{}\n");
  if (kind === "spell a line otherwise") lines[at] = respelled(line, random);
  if (kind === "swap lines") {
    const with_ = random(lines.length);
    lines[at] = lines[with_] ?? "";
    lines[with_] = line;
  }
  return Buffer.from(lines.join(""));
}

/** Another line that means the same: white space, the order of keys, an escape, a key twice. */
function respelled(line: string, random: Random): string {
  if (!line.startsWith("{")) return ` ${line}`;
  const parsed: unknown = JSON.parse(line);
  const entries: [string, unknown][] =
    typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : [];
  const turned = Object.fromEntries(entries.toReversed());
  const spellings = [
    `${JSON.stringify(turned)}\n`,
    line.replace(":", ": "),
    line.replace("\n", " \n"),
    line.replace("\n", "\r\n"),
    line.replace('"hash"', '"h\\u0061sh"'),
    line.replace(/("v":1)/, "$1,$1"),
    line.replace('"v":1', '"v":1.0'),
  ];
  return spellings[random(spellings.length)] ?? line;
}

/** As somebody would who knows how the chain is made. */
function forged(whole: Buffer, kind: Kind, random: Random): Buffer | undefined {
  const events = eventsIn(whole);
  if (events.length === 0) return undefined;
  const from = kind === "add a chained event" ? events.length : random(events.length);
  const forgery: LedgerEvent[] = events.slice(0, from);
  const drafts = kind === "add a chained event" ? events.slice(-1) : events.slice(from);
  for (const { run, time, type, by, data } of drafts) {
    forgery.push(chainEvent(forgery.at(-1) ?? null, { run, time, type, by: `${by}, it is said`, data }));
  }
  return Buffer.from(forgery.map(ledgerLine).join(""));
}

function eventsIn(whole: Buffer): LedgerEvent[] {
  try {
    return parseLedger(whole, "the file").events;
  } catch {
    return [];
  }
}
