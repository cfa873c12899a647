/** The inventory of the checkout, for tests: what ships is what is tested. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseInventory } from "../../domain/inventory/parse.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";

let parsedOnce: Inventory | null = null;

export function exampleInventory(): Inventory {
  parsedOnce ??= read();
  return parsedOnce;
}

function read(): Inventory {
  const file = join(import.meta.dirname, "../../../inventory.yaml");
  const parsed = parseInventory(parse(readFileSync(file, "utf8")));
  if (!parsed.ok) throw new Error("the example inventory does not parse");
  return parsed.inventory;
}
