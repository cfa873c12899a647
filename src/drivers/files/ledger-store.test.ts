import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import fc from "fast-check";
import { findChainFault } from "../../domain/ledger.ts";
import { chainOf, ledgerStoreContract } from "../../ports/ledger-store.contract.ts";
import { fileLedgerStore } from "./ledger-store.ts";
import { copyIn } from "./read-ledger.ts";
import { newSigningKey, signerOf } from "./signing-key.ts";

const folders: string[] = [];
const signer = signerOf(newSigningKey());

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wildcam-ledger-"));
  folders.push(folder);
  return folder;
}

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

ledgerStoreContract("in files", async () => {
  const folder = await newFolder();
  return {
    open: () => fileLedgerStore(folder, signer),
    tear: (run) => appendFile(join(folder, `${run}.jsonl`), '{"by":"engine","data":{"wo'),
    behead: (run) => rm(join(folder, `${run}.head`)),
    head: async (run) => {
      const { head } = await copyIn(folder, run);
      if (typeof head === "string") throw new Error(`the head ${head}`);
      return head;
    },
  };
});

test("a line in the middle that is no event is named by file and line", async () => {
  const folder = await newFolder();
  const store = fileLedgerStore(folder, signer);
  await store.append("run-1", chainOf("run-1", 3));
  await store.close();
  const file = join(folder, "run-1.jsonl");
  const lines = (await readFile(file, "utf8")).split("\n");
  lines[1] = "not json";
  await writeFile(file, lines.join("\n"));
  await expect(fileLedgerStore(folder, signer).read("run-1")).rejects.toThrow(/run-1\.jsonl:2 is not JSON/);
});

test("any event edited, swapped, left out or put in twice breaks the chain", () => {
  const events = chainOf("run-1", 8);
  const at = fc.integer({ min: 0, max: 7 });
  const edits = fc.oneof(
    fc.record({ kind: fc.constant("edit" as const), at, time: fc.integer({ min: 2_000, max: 9_000 }) }),
    fc.record({ kind: fc.constant("drop" as const), at: fc.integer({ min: 0, max: 6 }) }),
    fc.record({ kind: fc.constant("twice" as const), at }),
    fc.record({ kind: fc.constant("swap" as const), at: fc.integer({ min: 0, max: 6 }) }),
  );
  fc.assert(
    fc.property(edits, (edit) => {
      const changed = [...events];
      const event = events[edit.at];
      const next = events[edit.at + 1];
      if (event === undefined) return;
      if (edit.kind === "edit") changed[edit.at] = { ...event, time: edit.time };
      if (edit.kind === "drop") changed.splice(edit.at, 1);
      if (edit.kind === "twice") changed.splice(edit.at, 0, event);
      if (edit.kind === "swap" && next !== undefined) changed.splice(edit.at, 2, next, event);
      expect(findChainFault(changed)).not.toBeNull();
    }),
  );
  expect(findChainFault(events)).toBeNull();
});
