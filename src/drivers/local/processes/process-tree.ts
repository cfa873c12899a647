/** All processes below given ones, by what the system says: also those that left their process group, as PostgreSQL's backends do. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { identify, type ProcessIdentity } from "./identity.ts";

/** Parents before their children; those that have ended meanwhile are left out. */
export function withDescendants(roots: readonly number[]): ProcessIdentity[] {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of process.platform === "linux" ? rowsByProc() : rowsByPs())
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  const found: ProcessIdentity[] = [];
  const open = [...roots];
  for (let pid = open.shift(); pid !== undefined; pid = open.shift()) {
    const identity = identify(pid);
    if (identity !== null) found.push(identity);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

type Row = { readonly pid: number; readonly parent: number };

function rowsByProc(): Row[] {
  return readdirSync("/proc").flatMap((name) => {
    const parent = /^\d+$/.test(name) ? parentOf(name) : null;
    return parent === null ? [] : [{ pid: Number(name), parent }];
  });
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

function rowsByPs(): Row[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]) => (pid === undefined || parent === undefined ? [] : [{ pid, parent }]));
}
