import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import { addPerson, type People, revokePerson } from "../../../domain/people.ts";
import { peopleFileStore } from "../../files/people-file.ts";
import { layoutOf } from "./layout.ts";
import { ensureDatabaseSecrets, ensurePeople } from "./secrets.ts";
import { usualPerson } from "./usual-person.ts";

const NOW_MS = 1_700_000_000_000;
const named: Inventory["people"] = {
  olivia: { roles: ["viewer", "operator"], contact: "on-call", mail: "Olivia@wildcam.org" },
  oscar: { roles: ["operator"], contact: "on-call", mail: "oscar@wildcam.org" },
  adam: { roles: ["admin"], contact: "dba", mail: "adam@wildcam.org" },
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-people-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const layout = () => layoutOf(folder);
const store = () => peopleFileStore(layout().peopleFile);
const changed = (change: ReturnType<typeof addPerson>): People => {
  if (!change.ok) throw new Error(change.what);
  return change.people;
};

test("the inventory's people come into the file, with a token file each that only this user may read", async () => {
  ensurePeople(layout(), named);
  expect(await store().read()).toMatchObject({
    olivia: { mail: "olivia@wildcam.org", expiresAtMs: null, revokedAtMs: null, source: "inventory" },
  });
  const file = join(folder, "tokens", "olivia");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const kept = readFileSync(layout().peopleFile, "utf8");
  expect(kept).not.toContain(readFileSync(file, "utf8").trim());
});

test("when the world comes up again, the revoked stay revoked, the added stay, and who left the inventory goes", async () => {
  ensurePeople(layout(), named);
  const nina = { name: "nina", roles: ["viewer"], mail: "nina@wildcam.org", sha256: "f".repeat(64) } as const;
  const before = await store().read();
  const added = changed(addPerson(before, { ...nina, expiresInMs: 60_000 }, NOW_MS));
  await store().write(changed(revokePerson(added, "olivia", { by: "adam", nowMs: NOW_MS })));
  rmSync(join(folder, "tokens", "olivia"));
  const { oscar: _gone, ...left } = named;
  ensurePeople(layout(), {
    ...left,
    olivia: { ...named["olivia"], roles: ["admin"], contact: "dba", mail: "o@w.org" },
  });
  const after = await store().read();
  expect(Object.keys(after).toSorted()).toEqual(["adam", "nina", "olivia"]);
  expect(after["olivia"]).toMatchObject({
    revokedAtMs: NOW_MS,
    roles: ["admin"],
    sha256: before["olivia"]?.sha256,
  });
  expect(after["nina"]).toEqual(added["nina"]);
});

test("a file from before people had mails is made anew, and one that is broken is not", async () => {
  writeFileSync(
    layout().peopleFile,
    JSON.stringify({ olivia: { roles: ["viewer"], sha256: "0".repeat(64) } }),
  );
  ensurePeople(layout(), named);
  expect(Object.keys(await store().read())).toEqual(["olivia", "oscar", "adam"]);
  writeFileSync(layout().peopleFile, JSON.stringify({ olivia: { roles: ["viewer"], revoked: true } }));
  expect(() => ensurePeople(layout(), named)).toThrow(/mail/);
});

test("the world's usual person is an operator whose token is in force", async () => {
  ensurePeople(layout(), named);
  expect(usualPerson(layout().peopleFile, NOW_MS)).toBe("olivia");
  await store().write(changed(revokePerson(await store().read(), "olivia", { by: "adam", nowMs: NOW_MS })));
  expect(usualPerson(layout().peopleFile, NOW_MS)).toBe("oscar");
});

test("passwords of the databases are kept once made, and come as secrets", () => {
  const first = ensureDatabaseSecrets(layout());
  const again = ensureDatabaseSecrets(layout());
  expect(again.superuser.reveal()).toBe(first.superuser.reveal());
  expect(first.superuser.reveal()).toMatch(/^[\w-]{32}$/);
  expect(JSON.stringify(first)).not.toContain(first.superuser.reveal());
});
