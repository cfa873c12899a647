/** Writes `docs/inventory.schema.json`, which editors use; a test fails when it is not what this writes. */
import { writeFileSync } from "node:fs";
import { inventoryJsonSchema } from "../src/domain/inventory/json-schema.ts";

writeFileSync(new URL("../docs/inventory.schema.json", import.meta.url), inventoryJsonSchema());
