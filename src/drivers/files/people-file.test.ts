import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { People } from "../../domain/people.ts";
import { identify } from "../local/processes/identity.ts";
import { peopleFileStore } from "./people-file.ts";

const folder = mkdtempSync(join(tmpdir(), "wildcam-people-"));
const file = join(folder, "people.json");

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const person = (mail: string): People[string] => ({
  roles: ["viewer"],
  mail,
  sha256: "a".repeat(64),
  expiresAtMs: null,
  revokedAtMs: null,
  source: "added",
});

async function add(name: string): Promise<void> {
  const store = peopleFileStore(file);
  await store.alone(async () => {
    const people = await store.read();
    // Whoever else reads meanwhile would write over this.
    await new Promise((resolve) => setImmediate(resolve));
    await store.write({ ...people, [name]: person(`${name}@wildcam.org`) });
  });
}

test("servers that change people at the same time lose no change; what one wrote the others read; a dead one holds up nobody", async () => {
  writeFileSync(file, "{}");
  const reader = peopleFileStore(file);
  expect(await reader.read()).toEqual({});
  // As a server leaves it that dies in the middle of a change.
  writeFileSync(`${file}.held`, JSON.stringify({ ...identify(process.pid), started: "another boot:1" }));
  const names = ["ann", "ben", "cay", "dov"];
  await Promise.all(names.map(add));
  expect(Object.keys(await reader.read()).toSorted()).toEqual(names);
  expect(readdirSync(folder)).toEqual(["people.json"]);
});
