/** All processes below given ones, by what the system says; for tests that nothing is left. Linux only. */
import { readdirSync, readFileSync } from "node:fs";
import { identify, type ProcessIdentity } from "../processes/identity.ts";

export function withDescendants(roots: readonly number[]): ProcessIdentity[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: ProcessIdentity[] = [];
  const open = [...roots];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const identity = identify(pid);
    if (identity !== null) found.push(identity);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}
