import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BadPatch, changesOf } from "./patched-copy.ts";
import { readMutant, readMutants } from "./mutants.ts";

const checkout = join(import.meta.dirname, "../../..");
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wildcam-mutants-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function read(head: string) {
  const file = join(folder, "one.patch");
  await writeFile(file, `${head}\n--- a/src/x.ts\n+++ b/src/x.ts\n@@ -1 +1 @@\n-Sweep: of the source\n+x\n`);
  return await readMutant(file);
}

test("a planted bug says whose nights have to notice it, and else it is for the planned moves", async () => {
  expect(await read("Breaks it.\n")).toMatchObject({ breaks: "Breaks it.", sweepOf: null });
  expect(await read("Breaks it.\nSweep: automation\n")).toMatchObject({ sweepOf: "automation" });
});

test("one that is for nights that nobody draws is refused, with those that there are", async () => {
  await expect(read("Breaks it.\nSweep: outage\n")).rejects.toThrow(BadPatch);
  await expect(read("Breaks it.\nSweep: outage\n")).rejects.toThrow(
    /survive-outage, restore-traffic, automation/,
  );
});

test("every planted bug that is kept applies to the source as it is", async () => {
  for (const { patch } of await readMutants(checkout))
    expect((await changesOf(checkout, patch)).size).toBeGreaterThan(0);
});
