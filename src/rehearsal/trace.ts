/**
 * What happened in one rehearsal, in order: a digest over all of it, the last of it in words, and the short sequence by
 * which two nights are the same night.
 *
 * 1. The digest takes in everything that is noted. Two runs of one schedule that differ anywhere differ in it.
 * 2. Words are made only for whoever reads them: a sweep notes thousands of events a second.
 */
export type Noted = { readonly atMs: number; readonly what: string; readonly details: () => string };

const KEPT = 40;
const NUMBER = new Float64Array(1);
const BITS = new Int32Array(NUMBER.buffer);

export class Trace {
  /** Everything that is noted, as it comes; for a night that is watched. */
  onNote: ((noted: Noted) => void) | null = null;
  events = 0;
  readonly #signature: string[] = [];
  readonly #last: Noted[] = [];
  #noted = 0;
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  /** `mark` stands for all of it in the digest. */
  note(noted: Noted, mark: string): void {
    this.events += 1;
    this.#noted += 1;
    this.fold(noted.what);
    this.fold(mark);
    this.foldNumber(noted.atMs);
    if (this.#last.length < KEPT) this.#last.push(noted);
    else this.#last[(this.#noted - 1) % KEPT] = noted;
    this.onNote?.(noted);
  }

  /** For the traffic of clients, which nobody reads one by one. */
  count(atMs: number, kind: string, text: string, number: number): void {
    this.events += 1;
    this.fold(kind);
    this.fold(text);
    this.foldNumber(number);
    this.foldNumber(atMs);
  }

  /** Two sums of 32 bits (FNV-1a and a rotating one): quick, and no defence against anybody. */
  fold(text: string): void {
    for (let index = 0; index < text.length; index += 1) this.#mix(text.charCodeAt(index));
    this.#mix(0x1f);
  }

  /** Its very bits: clients come at fractions of a millisecond, and there are thousands of them in a night. */
  foldNumber(value: number): void {
    NUMBER[0] = value;
    this.#mix(BITS[0] ?? 0);
    this.#mix(BITS[1] ?? 0);
  }

  sign(entry: string): void {
    this.#signature.push(entry);
  }

  signature(): string {
    return this.#signature.join("; ");
  }

  digest(): string {
    return [this.#low, this.#high].map((sum) => (sum >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** The last that happened, oldest first, in words. */
  last(): string[] {
    const from = this.#last.length < KEPT ? 0 : this.#noted % KEPT;
    return [...this.#last.slice(from), ...this.#last.slice(0, from)].map(inWords);
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(((this.#high << 13) | (this.#high >>> 19)) ^ value, 0x5bd1e995);
  }
}

export function inWords({ atMs, what, details }: Noted): string {
  const seconds = (atMs / 1_000).toFixed(3).padStart(9);
  const more = details();
  return `${seconds} s  ${what}${more === "" ? "" : `  ${more}`}`;
}
