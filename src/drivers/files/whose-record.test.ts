import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chainOf } from "../../ports/ledger-store.contract.ts";
import { fileLedgerStore } from "./ledger-store.ts";
import { newSigningKey, signerOf } from "./signing-key.ts";
import { signedElsewhere } from "./whose-record.ts";

const here = signerOf(newSigningKey());
const there = signerOf(newSigningKey());
let folders: string[];

beforeEach(async () => {
  folders = [
    await mkdtemp(join(tmpdir(), "wildcam-whose-")),
    await mkdtemp(join(tmpdir(), "wildcam-whose-")),
  ];
});

afterEach(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function written(folder: string | undefined, by: typeof here): Promise<void> {
  const store = fileLedgerStore(folder ?? "", by);
  await store.append("run-1", [...chainOf("run-1", 3)]);
  // The head of an append is there before the next one ends.
  await store.append("run-1", [...chainOf("run-1", 4)]);
  await store.append("run-1", [...chainOf("run-1", 5)]);
  await store.close();
}

test("a record that is signed by this installation, or by nobody yet, is no other's", async () => {
  const whose = signedElsewhere(folders, here);
  expect(await whose("run-1")).toBeNull();
  for (const folder of folders) await written(folder, here);
  expect(await whose("run-1")).toBeNull();
  expect(await whose("../run-1")).toBeNull();
});

test("one that another installation signed is named by it, in whichever store it is", async () => {
  await written(folders[0], here);
  await written(folders[1], there);
  expect(await signedElsewhere(folders, here)("run-1")).toBe(there.installation);
});

test("a head that only says that it is this installation's is not", async () => {
  await written(folders[0], { ...there, installation: here.installation });
  expect(await signedElsewhere(folders, here)("run-1")).toBe("somebody without this one's key");
});

test("a head that is damaged is left to whoever proves records", async () => {
  await writeFile(join(folders[0] ?? "", "run-1.head"), "no head");
  expect(await signedElsewhere(folders, here)("run-1")).toBeNull();
});
