/** From a parsed YAML or JSON document to an `Inventory`, or to all that is wrong with it. */
import type { z } from "zod";
import { digest } from "../canonical.ts";
import type { Finding } from "./cross-checks.ts";
import { describeIssue } from "./messages.ts";
import { type Inventory, inventorySchema } from "./schema.ts";

export type ParsedInventory =
  | { readonly ok: true; readonly inventory: Inventory }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Never throws on bad input; a finding's `path` leads to the value, or to the key that is unknown or missing. */
export function parseInventory(raw: unknown): ParsedInventory {
  const result = inventorySchema.safeParse(raw, { error: describeIssue });
  const findings = [
    ...forbiddenKeys(raw, []),
    ...(result.success ? [] : result.error.issues.flatMap(findingsOf)),
  ];
  if (!result.success || findings.length > 0) return { ok: false, findings };
  return { ok: true, inventory: result.data };
}

/** What plans and approvals are bound to: equal for files that mean the same, whatever their comments and order. */
export function inventoryDigest(inventory: Inventory): string {
  return digest(inventory);
}

/** `clusters.aws-west.cloud`, `stores.ledger[0]`; the top is `inventory`. */
export function formatPath(path: Finding["path"]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  return text === "" ? "inventory" : text.replace(/^\./, "");
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const isKey = issue.code === "invalid_key" || (issue.code === "custom" && issue.params?.["key"] === true);
  if (isKey) return [{ path, message: issue.message, key: true }];
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  const lines = issue.message.split("\n");
  return issue.keys.map((key, index) => ({
    path: [...path, key],
    message: lines[index] ?? issue.message,
    key: true,
  }));
}

/** The schema library drops a key named `__proto__` unseen; an inventory has no ignored keys. */
function forbiddenKeys(value: unknown, path: Finding["path"]): Finding[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => forbiddenKeys(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, key];
    return key === "__proto__"
      ? [{ path: at, message: 'unknown key "__proto__"', key: true as const }]
      : forbiddenKeys(item, at);
  });
}
