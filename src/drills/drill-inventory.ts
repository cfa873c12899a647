/** The inventory that a drill's world runs on: the one that was named, but for what a sabotage or slack changes in it. */
import { readFile, writeFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { loadInventory } from "../drivers/inventory/load.ts";
import type { DrillOptions } from "./options.ts";

/** Answers the file to use: the one that was named where nothing is changed, else `into`, written. */
export async function inventoryFor(
  { inventoryFile, sabotage, slack }: Pick<DrillOptions, "inventoryFile" | "sabotage" | "slack">,
  into: string,
): Promise<string> {
  if (sabotage !== "skip-hold" && slack === 1) return inventoryFile;
  const document = parseDocument(await readFile(inventoryFile, "utf8"));
  if (sabotage === "skip-hold") {
    for (const hold of ["dwell", "soak"]) document.setIn(["profiles", "drill", hold], "0s");
  }
  const { inventory } = await loadInventory(inventoryFile);
  document.setIn(["service", "objective", "latency"], `${inventory.service.objective.latency * slack}ms`);
  await writeFile(into, document.toString());
  return into;
}
