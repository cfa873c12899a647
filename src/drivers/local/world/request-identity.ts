/** The engine signs its requests to our server; the server is given the public key in the engine's own form. */
import type { KeyObject } from "node:crypto";

// Bitcoin's alphabet, as in the engine's documentation ("publickeyv1_...").
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const prefix = "publickeyv1_";

/** `publickeyv1_` and the 32 bytes of an ed25519 public key in base 58. */
export function publicKeyName(key: KeyObject): string {
  const { x } = key.export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ed25519" || x === undefined)
    throw new TypeError("the request identity is an ed25519 key");
  return `${prefix}${base58(Buffer.from(x, "base64url"))}`;
}

export function base58(bytes: Uint8Array): string {
  let rest = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  let text = "";
  for (; rest > 0n; rest /= 58n) text = `${alphabet[Number(rest % 58n)] ?? ""}${text}`;
  const zeroes = bytes.findIndex((byte) => byte !== 0);
  return `${"1".repeat(zeroes === -1 ? bytes.length : zeroes)}${text}`;
}
