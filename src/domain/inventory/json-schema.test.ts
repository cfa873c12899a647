import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inventoryJsonSchema } from "./json-schema.ts";

const written = new URL("../../../docs/inventory.schema.json", import.meta.url);

test("the schema for editors is what the code checks (else: node tools/generate-schema.ts)", () => {
  expect(readFileSync(written, "utf8")).toBe(inventoryJsonSchema());
});

test("every object of the schema is closed, and durations are text", () => {
  const schema: unknown = JSON.parse(inventoryJsonSchema());
  const objects: object[] = [];
  (function collect(node: unknown): void {
    if (typeof node !== "object" || node === null) return;
    if (Reflect.get(node, "type") === "object") objects.push(node);
    Object.values(node).forEach(collect);
  })(schema);
  expect(objects.length).toBeGreaterThan(20);
  // A mapping by names has a schema for its values instead.
  for (const node of objects)
    expect([false, expect.any(Object)]).toContainEqual(Reflect.get(node, "additionalProperties"));
  expect(inventoryJsonSchema()).toMatch(/"dwell": \{\n\s+"type": "string"/);
});

test("the inventory tells editors where its schema is", () => {
  const first = readFileSync(new URL("../../../inventory.yaml", import.meta.url), "utf8").split("\n")[0];
  expect(first).toBe("# yaml-language-server: $schema=docs/inventory.schema.json");
});
