/**
 * Units as branded types, so that a lag in bytes cannot be passed where a time in milliseconds is meant.
 * All are plain numbers at run time (an `Lsn` is a bigint) and may be compared and printed as such; arithmetic
 * gives a plain number back, which has to pass the constructor again.
 *
 * An `Lsn` does not serialise: journals, ledgers and HTTP carry its text, `formatLsn(lsn)`.
 */
declare const unit: unique symbol;

/** A length of time: a whole number of milliseconds, at least 0. */
export type Milliseconds = number & { readonly [unit]: "milliseconds" };

/** A share, from 0 to 100; fractions are allowed. */
export type Percent = number & { readonly [unit]: "percent" };

/** An amount of data: a whole number of bytes, at least 0. */
export type Bytes = number & { readonly [unit]: "bytes" };

/** A rate, at least 0; fractions are allowed. */
export type RequestsPerSecond = number & { readonly [unit]: "requests/s" };

/** A position in PostgreSQL's write-ahead log, as a count of bytes since its beginning (64 bits). */
export type Lsn = bigint & { readonly [unit]: "lsn" };

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isMilliseconds(value: number): value is Milliseconds {
  return isCount(value);
}

function isBytes(value: number): value is Bytes {
  return isCount(value);
}

function isPercent(value: number): value is Percent {
  return value >= 0 && value <= 100;
}

function isRequestsPerSecond(value: number): value is RequestsPerSecond {
  return Number.isFinite(value) && value >= 0;
}

function isLsn(value: bigint): value is Lsn {
  return value >= 0n && value <= 0xffff_ffff_ffff_ffffn;
}

/** Throws RangeError unless `value` is a whole number of at least 0. */
export function milliseconds(value: number): Milliseconds {
  if (!isMilliseconds(value)) throw new RangeError(`expected whole milliseconds of at least 0, got ${value}`);
  return value;
}

/** Throws RangeError unless `value` is a whole number of at least 0. */
export function bytes(value: number): Bytes {
  if (!isBytes(value)) throw new RangeError(`expected whole bytes of at least 0, got ${value}`);
  return value;
}

/** Throws RangeError unless `value` is from 0 to 100. */
export function percent(value: number): Percent {
  if (!isPercent(value)) throw new RangeError(`expected a percentage from 0 to 100, got ${value}`);
  return value;
}

/** Throws RangeError unless `value` is finite and at least 0. */
export function requestsPerSecond(value: number): RequestsPerSecond {
  if (!isRequestsPerSecond(value)) throw new RangeError(`expected requests/s of at least 0, got ${value}`);
  return value;
}

const msPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What a duration looks like in text: a whole number and `ms`, `s`, `m`, `h` or `d`, without a space. */
export const durationPattern = /^(\d{1,9})(ms|s|m|h|d)$/;

/** `"15m"` -> 900000. Throws RangeError on anything that `durationPattern` does not match. */
export function parseDuration(text: string): Milliseconds {
  const [, count, name] = durationPattern.exec(text) ?? [];
  const factor = name === undefined ? undefined : msPerUnit[name];
  if (count === undefined || factor === undefined) {
    throw new RangeError(`expected a duration such as 15m, 2s, 250ms or 4h, got ${JSON.stringify(text)}`);
  }
  return milliseconds(Number(count) * factor);
}

/** 900000 -> `"15m"`: the largest unit that divides it whole, so `parseDuration` gives the same value back. */
export function formatDuration(ms: Milliseconds): string {
  if (ms === 0) return "0s";
  for (const [name, factor] of Object.entries(msPerUnit).reverse()) {
    if (ms % factor === 0) return `${ms / factor}${name}`;
  }
  return `${ms}ms`;
}

// PostgreSQL prints a pg_lsn as two hexadecimal halves of 32 bits each (its documentation, "pg_lsn Type").
const lsnPattern = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** `"16/B374D848"` -> its position. Throws RangeError on anything that PostgreSQL would not print. */
export function parseLsn(text: string): Lsn {
  const [, high, low] = lsnPattern.exec(text) ?? [];
  if (high === undefined || low === undefined) {
    throw new RangeError(`expected an LSN such as 16/B374D848, got ${JSON.stringify(text)}`);
  }
  return lsn((BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`));
}

/** A position from a count of bytes, as `pg_control` stores it. Throws RangeError when it is no unsigned 64 bits. */
export function lsn(position: bigint): Lsn {
  if (!isLsn(position)) throw new RangeError(`expected an LSN of 64 bits, got ${position}`);
  return position;
}

/** The spelling that PostgreSQL uses: `16/B374D848`. What goes into JSON. */
export function formatLsn(position: Lsn): string {
  const half = (bits: bigint) => bits.toString(16).toUpperCase();
  return `${half(position >> 32n)}/${half(position & 0xffff_ffffn)}`;
}

/**
 * How many bytes `behind` still lacks of `ahead`. Negative when it is in fact further along, which on a standby
 * means that it holds what the other never wrote, so callers must not clamp it unseen.
 */
export function lsnDistanceBytes(ahead: Lsn, behind: Lsn): number {
  return Number(ahead - behind);
}

/** -1, 0 or 1, as a comparator for `sort`. */
export function compareLsn(left: Lsn, right: Lsn): -1 | 0 | 1 {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
