import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { selectProfile } from "../domain/inventory/profile.ts";
import { loadInventory } from "../drivers/inventory/load.ts";
import { inventoryFor } from "./drill-inventory.ts";
import { goodDrill, write } from "./judge.fixture.ts";
import { judge } from "./judge.ts";
import { collectLedger } from "./records.ts";
import { dropOneRequest, editLedger } from "./sabotage.ts";

const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "drill-sabotage-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a dropped request is one failure that its client sees, and no other", async () => {
  const server = createServer((_, response) => response.end("fine"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const hop = await dropOneRequest(`http://127.0.0.1:${address.port}`, -1);
  cleanUps.push(() => hop.close());
  await expect(fetch(hop.url)).rejects.toThrow("fetch failed");
  for (let n = 0; n < 3; n += 1) expect(await (await fetch(hop.url)).text()).toBe("fine");
});

test("an edited ledger is found by the judge", async () => {
  const dir = write(goodDrill());
  cleanUps.push(() => rmSync(dir, { recursive: true, force: true }));
  expect(judge(dir).report.ok).toBe(true);
  const store = join(temporaryFolder(), "ledger");
  mkdirSync(store);
  renameSync(join(dir, "ledger.jsonl"), join(store, "run-1.jsonl"));
  await editLedger(store);
  await collectLedger(store, dir);
  const red = judge(dir).report.checks.filter(({ ok }) => !ok);
  expect(red.map(({ name }) => name)).toContain("ledgerVerified");
});

const planned = {
  drill: "planned-failover",
  inventoryFile: "inventory.yaml",
  sabotage: null,
  slack: 1,
  outage: null,
} as const;

async function usualForTheDrill() {
  const file = join(temporaryFolder(), "inventory.yaml");
  return (await loadInventory(await inventoryFor(planned, file))).inventory;
}

test("an inventory without holds is the same but for the drill profile's holds", async () => {
  const file = join(temporaryFolder(), "inventory.yaml");
  await inventoryFor({ ...planned, sabotage: "skip-hold" }, file);
  const usual = await usualForTheDrill();
  const { inventory: sabotaged } = await loadInventory(file);
  expect(selectProfile(sabotaged, "drill")).toEqual({ ...selectProfile(usual, "drill"), dwell: 0, soak: 0 });
  expect(selectProfile(sabotaged, "production")).toEqual(selectProfile(usual, "production"));
  expect(sabotaged.edge).toEqual(usual.edge);
});

test("slack loosens the objective's latency and nothing else", async () => {
  const file = join(temporaryFolder(), "inventory.yaml");
  const usual = await usualForTheDrill();
  const { inventory: loose } = await loadInventory(await inventoryFor({ ...planned, slack: 3 }, file));
  expect(loose.service.objective.latency).toBe(usual.service.objective.latency * 3);
  expect({ ...loose, service: null }).toEqual({ ...usual, service: null });
});

test("where a cloud is lost again and again its relapses are forgotten sooner, and nothing else differs", async () => {
  const file = join(temporaryFolder(), "inventory.yaml");
  const drilled = async (repeat: number) => {
    const outage = { cloud: "aws", fault: "kill", repeat } as const;
    return (await loadInventory(await inventoryFor({ ...planned, drill: "outage", outage }, file))).inventory;
  };
  const [once, often] = [await drilled(1), await drilled(20)];
  const { verdicts } = once.policies;
  expect(often.policies.verdicts).toEqual({ ...verdicts, backMost: verdicts.back * 2 });
  expect(verdicts.backMost).toBeGreaterThan(verdicts.back * 2);
  expect({ ...often, policies: null }).toEqual({ ...once, policies: null });
});

test("beside a planned move nothing begins by itself, and else its inventory is the one that is named", async () => {
  const { inventory: named } = await loadInventory("inventory.yaml");
  const usual = await usualForTheDrill();
  const automation = { "shift-traffic": "observe", promote: "observe", restore: "observe" };
  expect(selectProfile(usual, "drill").automation).toMatchObject(automation);
  expect({ ...usual, profiles: null }).toEqual({ ...named, profiles: null });
});
