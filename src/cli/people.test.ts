import { describe, expect, test } from "vitest";
import type { ShownPerson } from "./api/parse-answers.ts";
import { signHead } from "../domain/ledger-head.ts";
import type { LedgerCopy } from "../domain/ledger-proof.ts";
import { EXIT } from "./exit.ts";
import type { Fault } from "./testing/fake-api.ts";
import { play, type Scene, transcript } from "./testing/harness.ts";
import * as runs from "./testing/recorded-runs.ts";
import { signerCalled } from "./testing/signer.ts";

const fault = (status: number, code: Fault["error"]["code"], what: string): Fault => ({
  status,
  error: { code, what, why: "a reason that the server gave", next: "wildcam people list", facts: {} },
});

const nina: ShownPerson = {
  name: "nina",
  roles: ["viewer", "approver"],
  mail: "nina@wildcam.org",
  standing: "in force",
  expiresAtMs: runs.NOW_MS + 30 * 86_400_000,
};
const people: readonly ShownPerson[] = [
  { ...nina, name: "olivia", mail: "olivia@wildcam.org", expiresAtMs: null },
  nina,
  { ...nina, name: "rita", roles: ["admin"], standing: "revoked", expiresAtMs: null },
];
const ADD_NINA = ["people", "add", "nina", "--role", "viewer", "approver", "--mail", "nina@wildcam.org"];

const events = runs.chain(
  [
    ["people-changed", { change: "found", people: [{ name: "adam" }] }, "server"],
    ["people-changed", { change: "added", name: "nina", roles: ["viewer", "approver"] }, "adam"],
    [
      "attempt-refused",
      { tried: "POST /v1/runs", target: null, code: "not-allowed", why: "priya may not do this" },
      "priya",
    ],
    [
      "attempt-refused",
      { tried: "POST /v1/people/:name/revocation", target: "adam", code: "refused", why: "the last admin" },
      "eve",
    ],
    ["automation-changed", { change: "set", action: "promote", mode: "observe" }, "adam"],
    ["automation-changed", { change: "stop", why: "we look first" }, "olivia"],
    ["automation-changed", { change: "stop", why: "" }, "olivia"],
    ["attempts-counted", { count: 4990, codes: { unauthenticated: 4990 } }, "nobody"],
  ],
  "audit",
);
const [last] = events.slice(-1);
const copy = (store: string): LedgerCopy => ({
  store: `/here/.wildcam/${store}/audit.jsonl`,
  present: true,
  head: last === undefined ? null : signHead(signerCalled("wildcam-here"), last),
  events,
  torn: false,
  fault: null,
});
const ledgers = { audit: [copy("ledger"), copy("ledger-copy")] };
const ofMembers = {
  "audit-gcp": [copy("ledger")],
  "audit-aws": [copy("ledger")],
  "failover-1": [copy("ledger")],
};

type Scenario = readonly [name: string, exit: number, words: readonly string[], scene?: Scene];

const answered: readonly Scenario[] = [
  ["people-list", EXIT.ok, ["people", "list"], { people }],
  ["people-add", EXIT.ok, [...ADD_NINA, "--expires", "30d"], { person: { person: nina } }],
  ["people-revoke", EXIT.ok, ["people", "revoke", "nina"], { revoked: { ok: true } }],
  [
    "people-add-refused",
    EXIT.refused,
    ADD_NINA,
    { person: fault(409, "refused", 'there is a person "nina" already') },
  ],
  [
    "people-add-in-doubt",
    EXIT.unreachable,
    ADD_NINA,
    { person: fault(503, "unavailable", "the ledger cannot be written") },
  ],
  [
    "people-revoke-not-allowed",
    EXIT.notAllowed,
    ["people", "revoke", "nina"],
    { revoked: fault(403, "not-allowed", "olivia may not do this") },
  ],
  [
    "token-revoked",
    EXIT.notAllowed,
    ["status"],
    { status: fault(401, "unauthenticated", "the token of nina was revoked") },
  ],
  ["ledger-show-audit", EXIT.ok, ["ledger", "show", "audit"], { ledgers }],
  ["ledger-verify-audit", EXIT.ok, ["ledger", "verify", "audit"], { ledgers }],
];

const misunderstood: readonly Scenario[] = [
  ["api-with-password", EXIT.malformed, ["status", "--api", "http://adam:heron@localhost:1"]],
  ["token-as-flag", EXIT.malformed, ["status", "--token=heron-heron-heron"]],
  ["ledger-audit-of-several", EXIT.malformed, ["ledger", "show", "audit"], { ledgers: ofMembers }],
  ["as-somebody", EXIT.malformed, ["people", "list", "--as", "adam"]],
  ["people-add-no-role", EXIT.malformed, ["people", "add", "nina", "--mail", "nina@wildcam.org"]],
  [
    "people-add-unknown-role",
    EXIT.malformed,
    ["people", "add", "nina", "--role", "viewer", "aprover", "--mail", "nina@wildcam.org"],
  ],
  ["people-add-no-mail", EXIT.malformed, ["people", "add", "nina", "--role", "viewer", "--mail", "nina"]],
  ["people-add-bad-name", EXIT.malformed, ["people", "add", "Nina", "--role", "viewer", "--mail", "n@w.org"]],
  ["people-add-bad-time", EXIT.malformed, [...ADD_NINA, "--expires", "soon"]],
];

describe("people and their record", () => {
  for (const [name, exit, words, scene] of [...answered, ...misunderstood]) {
    test(`${name}: "${words.join(" ")}" says what its golden says and exits ${exit}`, async () => {
      const played = await play(words, scene);
      await expect(transcript(words, played)).toMatchFileSnapshot(`testing/golden/${name}.txt`);
      expect(played.exit).toBe(exit);
    });
  }
});

test("what can be told from the command line alone is told without a call, and makes no token", async () => {
  const made: string[] = [];
  const makeTokenFile = async (file: string) => {
    made.push(file);
    return "";
  };
  for (const [, , words] of misunderstood) {
    const { calls } = await play(words, { silent: true, outside: { makeTokenFile } });
    expect({ words, calls, made }).toEqual({ words, calls: [], made: [] });
  }
});

test("what was typed where a token may stand is not said again", async () => {
  for (const words of [
    ["status", "--api", "http://adam:heron@localhost:1"],
    ["status", "--api", "http://localhost:1/?token=heron"],
    ["status", "--token=heron-heron-heron"],
    ["status", "--json", "--token=heron-heron-heron"],
  ]) {
    const { exit, out, err, calls } = await play(words);
    expect({ exit, calls, said: (out + err).includes("heron") }).toEqual({ exit: 2, calls: [], said: false });
  }
});

test("a token that is nobody's is removed; one that may be somebody's is kept", async () => {
  const removed: string[] = [];
  const outside = { removeFile: async (file: string) => void removed.push(file) };
  await play(ADD_NINA, { person: fault(409, "refused", "there is one already"), outside });
  expect(removed).toEqual(["/here/.wildcam/tokens/nina"]);
  await play(ADD_NINA, { person: fault(503, "unavailable", "no answer"), outside });
  expect(removed).toHaveLength(1);
  const { calls } = await play(ADD_NINA, { person: { person: nina }, outside });
  expect(removed).toHaveLength(1);
  expect(calls).toEqual([expect.stringContaining(`"sha256":"${"d".repeat(64)}"`)]);
});
