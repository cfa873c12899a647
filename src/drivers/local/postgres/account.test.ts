import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dataRootFor, databaseAccount } from "./account.ts";
import { bringOutBinaries, findBinaries, isReachableByAll } from "./binaries.ts";
import { spawnSync } from "node:child_process";

const folder = mkdtempSync(join(tmpdir(), "wildcam-account-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const passwd = "root:x:0:0::/root:/bin/sh\nlp:x:7:7::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n";

test("an ordinary user runs PostgreSQL as they are", () => {
  expect(databaseAccount(1_000, passwd)).toBeNull();
});

test("root takes an account that has an entry, nobody by preference", () => {
  expect(databaseAccount(0, passwd)).toEqual({ name: "nobody", uid: 65_534, gid: 65_534 });
  expect(databaseAccount(0, passwd.replace(/nobody.*\n/, ""))).toMatchObject({ name: "lp", uid: 7 });
  expect(() => databaseAccount(0, "root:x:0:0::/root:/bin/sh\n")).toThrow(/no other user/);
});

test("data stay in the state folder unless the account cannot get there, and then have one place for each folder", () => {
  const account = { name: "nobody", uid: 65_534, gid: 65_534 };
  const open = join(folder, "open");
  mkdirSync(open, { mode: 0o711 });
  chmodSync(folder, 0o711);
  expect(dataRootFor(open, account)).toBe(join(open, "postgres"));
  chmodSync(folder, 0o700);
  expect(isReachableByAll(open)).toBe(false);
  const elsewhere = dataRootFor(open, account);
  expect(elsewhere.startsWith(tmpdir())).toBe(true);
  expect(dataRootFor(open, account)).toBe(elsewhere);
  expect(dataRootFor(join(folder, "other"), account)).not.toBe(elsewhere);
  expect(dataRootFor(open, null)).toBe(join(open, "postgres"));
});

test("programs that were copied out of an unreachable folder run, with their libraries", async () => {
  const copied = bringOutBinaries(await findBinaries(), folder);
  const { status, stdout } = spawnSync(copied.postgres, ["--version"], { encoding: "utf8", cwd: "/" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("(PostgreSQL) 18") });
  expect(bringOutBinaries(await findBinaries(), folder)).toEqual(copied);
});
