// Why: an outside judge compares, key by key, what clients were promised with what each database holds.

/**
 * Lists the idempotency keys that one copy of the database holds, in the order of their bytes, one column `key`.
 * Every key acknowledged to a client must be listed on the primary and, once replayed, on every standby.
 */
export const acknowledgedKeysQuery = "select key from acknowledged_keys order by key";

/** An idempotency key: 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(text: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(text);
}
