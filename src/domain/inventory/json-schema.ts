/** The inventory's JSON Schema, for editors: the shape only, since cross-references are beyond what it can say. */
import { z } from "zod";
import { inventorySchema } from "./schema.ts";

/** The text of `docs/inventory.schema.json`, ending in a newline. */
export function inventoryJsonSchema(): string {
  const schema = z.toJSONSchema(inventorySchema, { io: "input", target: "draft-07" });
  const described = {
    ...schema,
    title: "inventory.yaml",
    description: "Everything that is a team's own: its clouds, clusters, databases, people and policies.",
  };
  return `${print(described, "")}\n`;
}

const lineWidth = 110;

/** Laid out as the formatter would, so that generating and formatting do not undo one another. */
function print(value: unknown, indent: string, keyText = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => print(item, inner));
    const line = `[${items.join(", ")}]`;
    // One column more for the comma that may follow.
    const fits = !line.includes("\n") && indent.length + keyText.length + line.length + 1 <= lineWidth;
    return fits ? line : `[\n${inner}${items.join(`,\n${inner}`)}\n${indent}]`;
  }
  const properties = Object.entries(value).map(([key, item]) => {
    const text = `${JSON.stringify(key)}: `;
    return text + print(item, inner, text);
  });
  return properties.length === 0 ? "{}" : `{\n${inner}${properties.join(`,\n${inner}`)}\n${indent}}`;
}
