import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { conninfo, portOf, readAutoConf, rewriteAutoConf } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-settings-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const upstream = { port: 5_433, user: "replica", password: "p'w \\ x", applicationName: "standby_azure" };

test("a connection string with a hostile password is written to a stopped server's configuration and read back", () => {
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
