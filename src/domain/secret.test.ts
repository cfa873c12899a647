import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

const VALUE = "kestrel+over/the=marsh";

test.each<[string, (secret: Secret) => string]>([
  // oxlint-disable-next-line typescript/restrict-template-expressions -- what the linter forbids is tried here
  ["a template", (secret) => `${secret}`],
  ["concatenation", (secret) => "" + String(secret)],
  ["toString", (secret) => secret.toString()],
  ["JSON", (secret) => JSON.stringify({ secret, list: [secret] })],
  ["inspection", (secret) => inspect(secret)],
  [
    "deep inspection with everything shown",
    (secret) => inspect({ a: { secret } }, { showHidden: true, depth: 9 }),
  ],
  ["a format string", (secret) => format("%s %o %O %j", secret, secret, secret, secret)],
  ["its keys", (secret) => JSON.stringify(Object.entries(secret))],
  ["a spread", (secret) => JSON.stringify({ ...secret })],
  ["a structured copy", (secret) => inspect(structuredClone(secret), { showHidden: true })],
  ["serialisation between processes", (secret) => serialize(secret).toString("latin1")],
  ["an error's message and cause", (secret) => inspect(new Error("no " + String(secret), { cause: secret }))],
])("%s does not show what is in a secret", (_way, shown) => {
  expect(shown(new Secret(VALUE))).not.toContain("kestrel");
});

test("only reveal opens it, and nothing can be hung on it", () => {
  const secret = new Secret(VALUE);
  expect(secret.reveal()).toBe(VALUE);
  expect(Object.isFrozen(secret)).toBe(true);
});

test("what somebody else repeats of it is hidden, in plain text, in an address and in base 64", () => {
  const secret = new Secret(VALUE);
  const echoed = [VALUE, encodeURIComponent(VALUE), Buffer.from(VALUE).toString("base64")].join(" | ");
  expect(secret.hideIn(echoed)).toMatch(/^\[secret\] \| \[secret\] \| \[secret\]=*$/);
  expect(new Secret("").hideIn("as it is")).toBe("as it is");
});
