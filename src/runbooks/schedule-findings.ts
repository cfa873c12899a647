/** What of an inventory's schedule its runbooks object to: unknown or wrong inputs, clouds that there are not. */
import type { Finding } from "../domain/inventory/cross-checks.ts";
import type { Inventory } from "../domain/inventory/schema.ts";
import { findRunbook } from "./catalogue.ts";

type Ordered = { readonly runbook: string; readonly input: Readonly<Record<string, unknown>> };

/** In the order of the file; each in the profile that it is for, or in all. */
export function scheduleFindings(inventory: Inventory): Finding[] {
  return inventory.schedule.flatMap((entry, index) => {
    const profiles = entry.profile === undefined ? Object.keys(inventory.profiles) : [entry.profile];
    const of = (ordered: Ordered, path: Finding["path"]): Finding[] => {
      const found = profiles.flatMap((name) => problemsOf(ordered, inventory, name));
      return [...new Set(found)].map((message) => ({ path: [...path, "input"], message }));
    };
    const path = ["schedule", index];
    return [...of(entry, path), ...(entry.back === undefined ? [] : of(entry.back, [...path, "back"]))];
  });
}

function problemsOf({ runbook, input }: Ordered, inventory: Inventory, name: string): readonly string[] {
  const profile = inventory.profiles[name];
  if (profile === undefined) return [];
  const binding = findRunbook(runbook)?.bind(input, { inventory, profile });
  return binding === undefined || binding.ok ? [] : binding.problems;
}
