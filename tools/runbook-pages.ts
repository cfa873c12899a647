/** The pages of all runbooks as the checkout's own code and inventory make them. */
import { fileURLToPath } from "node:url";
import { realOutside } from "../src/cli/wire.ts";
import { RUNBOOK_NAMES } from "../src/domain/runbook-names.ts";

/** Name and markdown of each. */
export async function runbookPages(): Promise<Map<string, string>> {
  const outside = realOutside();
  const { inventory } = await outside.inventory(fileURLToPath(new URL("../inventory.yaml", import.meta.url)));
  const pages = new Map<string, string>();
  for (const name of RUNBOOK_NAMES) pages.set(name, await outside.runbookPage(name, inventory));
  return pages;
}
