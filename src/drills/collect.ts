/** All raw records of a drill into its folder, after the sabotage that works on them, if one was asked for. */
import { isAbsolute, join } from "node:path";
import { loadInventory } from "../drivers/inventory/load.ts";
import { readStatus } from "../drivers/local/world/status.ts";
import { acknowledgedKeysQuery } from "../workload/keys.ts";
import { collectEffects, collectLedger, collectRows } from "./records.ts";
import { editLedger, loseOneWrite } from "./sabotage.ts";
import { primaryUrlOf, type Scene } from "./scene.ts";

export async function collectAll({ options, out, status }: Scene): Promise<void> {
  const ledger = await ledgerFolderOf(options.inventoryFile, status.stateDir);
  const now = await readStatus(status.stateDir);
  if (now === null) throw new Error("the world is gone before its records were collected");
  if (options.sabotage === "lose-write") await loseOneWrite(primaryUrlOf(now));
  if (options.sabotage === "edit-ledger") await editLedger(ledger);
  const databases =
    options.sabotage === "second-writer" ? withOnePrimary(now.databases, options.from) : now.databases;
  await collectRows(databases, acknowledgedKeysQuery, out);
  await collectLedger(ledger, out);
  await collectEffects(join(status.stateDir, "effects"), out);
}

/** Of the first store. */
export async function ledgerFolderOf(inventoryFile: string, stateDir: string): Promise<string> {
  const { inventory } = await loadInventory(inventoryFile);
  const [store = ""] = inventory.stores.ledger;
  return isAbsolute(store) ? store : join(stateDir, store);
}

/** Two say that they are the primary then; the one that the runbooks left is meant. */
function withOnePrimary<T extends { readonly cloud: string; readonly role: string }>(
  databases: readonly T[],
  primary: string,
): T[] {
  return databases.map((one) => (one.cloud === primary ? one : { ...one, role: "standby" }));
}
