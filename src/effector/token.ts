/** Where an act stands in the history of its lock: the lock's epoch, then the step's sequence in that epoch's run. */
export type Position = Readonly<{ epoch: number; sequence: number }>;

/** What every act carries: the step's idempotency key, the lock that it is done under, and its position there. */
export type Token = Position & Readonly<{ key: string; lock: string }>;

/** The token is malformed. `problems` names each field and what was expected of it; nothing was done. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`malformed token: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

const textLengthMax = 200;
const fields: readonly string[] = ["key", "lock", "epoch", "sequence"];

/**
 * Reads a token out of parsed JSON: `{ "key": "run-id/seq[.branch]", "lock": "traffic", "epoch": 3, "sequence": 7 }`.
 * @throws TokenError naming every field that is wrong, unknown fields included.
 */
export function parseToken(value: unknown): Token {
  if (!isRecord(value))
    throw new TokenError([`expected an object with ${fields.join(", ")}, got ${describe(value)}`]);
  const { key, lock, epoch, sequence } = value;
  const problems = Object.keys(value)
    .filter((name) => !fields.includes(name))
    .map((name) => `${JSON.stringify(name)} is not a field of a token (${fields.join(", ")})`);
  if (isName(key) && isName(lock) && isCount(epoch) && isCount(sequence) && problems.length === 0) {
    return { key, lock, epoch, sequence };
  }
  if (!isName(key)) problems.push(`key: expected ${nameRule}, got ${describe(key)}`);
  if (!isName(lock)) problems.push(`lock: expected ${nameRule}, got ${describe(lock)}`);
  if (!isCount(epoch)) problems.push(`epoch: expected a whole number from 0, got ${describe(epoch)}`);
  if (!isCount(sequence))
    problems.push(`sequence: expected a whole number from 0, got ${describe(sequence)}`);
  throw new TokenError(problems);
}

/** A token that a person writes: `{ "key": "by-hand/...", "lock": "traffic", "byHand": true }`. */
export function isByHand(value: unknown): boolean {
  return isRecord(value) && value["byHand"] === true;
}

/**
 * Reads a person's token. Who types has no epoch, so the act stands at its lock's `present` position: it is refused to
 * nobody who holds the lock now, and it is keyed and recorded like any other.
 * @throws TokenError as `parseToken` does.
 */
export function parseByHandToken(value: unknown, present: (lock: string) => Position | null): Token {
  const { byHand: _byHand, ...rest } = isRecord(value) ? value : {};
  const lock = typeof rest["lock"] === "string" ? rest["lock"] : "";
  const { epoch, sequence } = present(lock) ?? { epoch: 0, sequence: 0 };
  return parseToken({ ...rest, epoch, sequence });
}

/** Negative when `a` is older than `b`, 0 when they are branches of one step, positive when `a` is newer. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch === b.epoch ? a.sequence - b.sequence : a.epoch - b.epoch;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const nameRule = `a text of 1 to ${textLengthMax} printable characters`;

function isName(value: unknown): value is string {
  return (
    typeof value === "string" && value.length > 0 && value.length <= textLengthMax && !/\p{Cc}/u.test(value)
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
