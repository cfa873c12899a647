import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { base58, publicKeyName } from "./request-identity.ts";

test.each([
  ["", ""],
  ["00", "1"],
  ["0000ff", "115Q"],
  ["48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U"],
])("%s is %s in base 58", (hex, text) => {
  expect(base58(Buffer.from(hex, "hex"))).toBe(text);
});

test("an ed25519 key has a name of 32 bytes, and other keys have none", () => {
  expect(publicKeyName(generateKeyPairSync("ed25519").publicKey)).toMatch(
    /^publickeyv1_[1-9A-HJ-NP-Za-km-z]{32,45}$/,
  );
  expect(() => publicKeyName(generateKeyPairSync("x25519").publicKey)).toThrow(TypeError);
});
