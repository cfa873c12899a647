import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../../domain/secret.ts";
import {
  conninfo,
  portOf,
  readAutoConf,
  replicationPasswordFile,
  rewriteAutoConf,
  writeServerSettings,
} from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-settings-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const upstream = {
  port: 5_433,
  user: "replica",
  passwordFile: "/a/b'c \\ x",
  applicationName: "standby_azure",
};

test("a connection string with a hostile path is written to a stopped server's configuration and read back", () => {
  const text = conninfo(upstream);
  rewriteAutoConf(folder, { primary_conninfo: text }, null);
  expect(readAutoConf(folder, "primary_conninfo")).toBe(text);
  expect(portOf(text)).toBe(5_433);
});

test("what is not named in a change stays, and null removes", () => {
  writeFileSync(
    join(folder, "postgresql.auto.conf"),
    "# by ALTER SYSTEM\nwork_mem = '4MB'\ndefault_transaction_read_only = 'on'\n",
  );
  rewriteAutoConf(folder, { default_transaction_read_only: null, primary_slot_name: "standby_azure" }, null);
  expect(readAutoConf(folder, "default_transaction_read_only")).toBeNull();
  expect(readAutoConf(folder, "primary_slot_name")).toBe("standby_azure");
  rewriteAutoConf(folder, { primary_slot_name: "standby_aws" }, null);
  expect(readAutoConf(folder, "primary_slot_name")).toBe("standby_aws");
});

test("a connection string without a port leads nowhere", () => {
  expect(portOf("")).toBeNull();
  expect(portOf("host=127.0.0.1 user=import")).toBeNull();
});

test("the password of replication is in a file of its own, for nobody else to read, and in no setting", () => {
  const password = new Secret("p:w \\ x");
  writeServerSettings({ dataDirectory: folder, port: 5_433, owner: null }, { user: "replica", password });
  const file = replicationPasswordFile(folder);
  expect(readFileSync(file, "utf8")).toBe("127.0.0.1:*:*:replica:p\\:w \\\\ x\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, "postgresql.conf"), "utf8")).not.toContain("p:w");
});
