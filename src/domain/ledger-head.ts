/**
 * A head: whose record a run's ledger is, and how far it goes. A chain alone cannot tell a record that was cut from one
 * that is not done; a head can, because nobody else can sign one.
 *
 * Invariants
 * 1. A head says that `installation` had written event `index` of `run`, whose hash is `hash`, by `time`. By the chain
 *    that holds for every event before it as well.
 * 2. A store writes it after the events of each append are on disk, and before the next append. So events may be ahead
 *    of their head: by the last append after a crash of the process, by what the disk had not got after a power cut.
 *    They are never behind it: that is a cut.
 * 3. A head is signed only for an event that was just given, never for what is merely found in a file. The engine gives
 *    all events of a run again after a crash; the ledger `audit` goes on behind what it finds.
 * 4. What is signed is the canonical JSON of all of it but `signature`, behind a word that says for what: no other
 *    signature of the same key can pass for a head.
 */
import { canonicalJson } from "./canonical.ts";

export const HEAD_VERSION = 1;

export type HeadBody = {
  readonly v: typeof HEAD_VERSION;
  readonly run: string;
  /** Of the last event. */
  readonly index: number;
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The fingerprint of the key that signs. */
  readonly installation: string;
};

/** `signature`: ed25519, 128 lower-case hexadecimal digits, so that it has one spelling. */
export type LedgerHead = HeadBody & { readonly signature: string };

/** Signs in the name of an installation, and knows its own signatures. */
export type Signer = SignatureCheck & { sign(text: string): string };

/** Knows an installation's signatures. */
export type SignatureCheck = {
  readonly installation: string;
  holds(text: string, signature: string): boolean;
};

export function signHead(
  signer: Signer,
  last: Pick<HeadBody, "run" | "index" | "hash" | "time">,
): LedgerHead {
  const { run, index, hash, time } = last;
  const body: HeadBody = { v: HEAD_VERSION, run, index, hash, time, installation: signer.installation };
  return { ...body, signature: signer.sign(signedText(body)) };
}

export function isSignedBy(head: LedgerHead, check: SignatureCheck): boolean {
  const { signature, ...body } = head;
  return head.installation === check.installation && check.holds(signedText(body), signature);
}

/** Of every head: a disk's sector, which is written whole or not at all. */
const HEAD_BYTES = 512;

/** The one spelling of a head in its file: always of the same length. */
export function headLine(head: LedgerHead): string {
  const line = canonicalJson(head).padEnd(HEAD_BYTES - 1);
  if (line.length >= HEAD_BYTES) throw new RangeError(`a head of ${line.length} bytes is too long`);
  return `${line}\n`;
}

function signedText(body: HeadBody): string {
  return `wildcam ledger head\n${canonicalJson(body)}`;
}
