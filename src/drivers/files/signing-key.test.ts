import { expect, test } from "vitest";
import { newSigningKey, parsePublicKey, publicKeyText, signerOf } from "./signing-key.ts";

test("what a private key signs, its public file proves, and nothing else of either", () => {
  const pem = newSigningKey();
  const signer = signerOf(pem);
  const check = parsePublicKey(publicKeyText(pem));
  expect(check.installation).toBe(signer.installation);
  const signature = signer.sign("a text");
  expect(signature).toMatch(/^[0-9a-f]{128}$/);
  expect(check.holds("a text", signature)).toBe(true);
  expect(check.holds("another text", signature)).toBe(false);
  expect(parsePublicKey(publicKeyText(newSigningKey())).holds("a text", signature)).toBe(false);
});

test("a public file has nothing of the private key, and calls an installation by its key alone", () => {
  const pem = newSigningKey();
  const text = publicKeyText(pem);
  expect(text).not.toContain("PRIVATE");
  const renamed = text.replace(/"installation": "[0-9a-f]/, (start) => `${start.slice(0, -1)}x`);
  expect(renamed).not.toBe(text);
  expect(() => parsePublicKey(renamed)).toThrow("no public key of an installation");
  expect(() => parsePublicKey("{}")).toThrow("no public key of an installation");
});

test("what is no private key is refused without a word of it", () => {
  expect(() => signerOf("a-secret-that-is-no-key")).toThrow(
    /^the ledger's signing key is no private key in PEM$/,
  );
});
