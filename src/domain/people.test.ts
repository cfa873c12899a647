import { expect, test } from "vitest";
import {
  addPerson,
  humanOf,
  type NewPerson,
  type People,
  type Person,
  personNamed,
  revokePerson,
  standingOf,
} from "./people.ts";
import { grants, type Role } from "./roles.ts";

const NOW_MS = 1_700_000_000_000;
const row = (letter: string, roles: readonly Role[], more: Partial<Person> = {}): Person => ({
  roles: [...roles],
  mail: `${letter}@wildcam.org`,
  sha256: letter.charCodeAt(0).toString(16).padEnd(64, "0"),
  expiresAtMs: null,
  revokedAtMs: null,
  source: "inventory",
  ...more,
});
const people: People = { olivia: row("o", ["viewer", "operator"]), adam: row("a", ["admin"]) };
const nina: NewPerson = {
  name: "nina",
  roles: ["approver", "viewer"],
  mail: " Nina@WildCAM.org ",
  sha256: "f".repeat(64),
  expiresInMs: 60_000,
};
const by = (name: string) => ({ by: name, nowMs: NOW_MS });

test("somebody who is added has roles, a human and an end", () => {
  const change = addPerson(people, nina, NOW_MS);
  if (!change.ok) throw new Error(change.what);
  expect(personNamed(change.people, "nina")).toEqual({
    roles: ["viewer", "approver"],
    mail: "nina@wildcam.org",
    sha256: nina.sha256,
    expiresAtMs: NOW_MS + 60_000,
    revokedAtMs: null,
    source: "added",
  });
  expect(people).not.toHaveProperty("nina");
});

test.each<[string, Partial<NewPerson>, RegExp]>([
  ["a name that is there", { name: "olivia" }, /already/],
  ["a name of the ledger's own", { name: "policy" }, /cannot be/],
  ["another person's token", { sha256: people["adam"]?.sha256 ?? "" }, /somebody's already/],
])("%s is not added", (_what, change, words) => {
  expect(addPerson(people, { ...nina, ...change }, NOW_MS)).toMatchObject({
    ok: false,
    what: expect.stringMatching(words),
  });
});

test("a revoked name stays revoked, and is never given again", () => {
  const change = revokePerson(people, "olivia", by("adam"));
  if (!change.ok) throw new Error(change.what);
  const gone = change.people["olivia"];
  expect(gone && standingOf(gone, NOW_MS)).toBe("revoked");
  expect(addPerson(change.people, { ...nina, name: "olivia" }, NOW_MS)).toMatchObject({
    ok: false,
    what: expect.stringMatching(/was revoked/),
  });
  expect(revokePerson(change.people, "olivia", by("adam"))).toMatchObject({ ok: false });
});

test("nobody revokes themselves, nor the last admin that lasts, nor somebody who is not there", () => {
  const guarded: People = { ...people, eve: row("e", ["admin"], { expiresAtMs: NOW_MS + 1 }) };
  expect(revokePerson(guarded, "adam", by("adam"))).toMatchObject({
    ok: false,
    what: expect.stringMatching(/themselves/),
  });
  expect(revokePerson(guarded, "adam", by("eve"))).toMatchObject({
    ok: false,
    what: expect.stringMatching(/last admin/),
  });
  expect(revokePerson(guarded, "eve", by("adam"))).toMatchObject({ ok: true });
  expect(revokePerson(guarded, "oliva", by("adam"))).toMatchObject({
    ok: false,
    what: expect.stringMatching(/did you mean "olivia"/),
  });
  expect(revokePerson(guarded, "constructor", by("adam"))).toMatchObject({ ok: false });
  const two: People = { ...guarded, ada: row("b", ["admin"]) };
  expect(revokePerson(two, "adam", by("eve"))).toMatchObject({ ok: true });
});

test("a token expires at its very moment", () => {
  const brief = row("b", ["viewer"], { expiresAtMs: NOW_MS });
  expect(standingOf(brief, NOW_MS - 1)).toBe("in force");
  expect(standingOf(brief, NOW_MS)).toBe("expired");
});

test("mails that differ in case and space alone are one human", () => {
  expect(humanOf(" Dana@WildCAM.org")).toBe(humanOf("dana@wildcam.ORG "));
});

test("every role may look, only admin may do all, and no role gives nothing", () => {
  expect(grants(["operator"], "viewer")).toBe(true);
  expect(grants(["viewer"], "operator")).toBe(false);
  expect(grants(["operator", "approver"], "admin")).toBe(false);
  expect(grants(["admin"], "approver")).toBe(true);
  expect(grants([], "viewer")).toBe(false);
});
