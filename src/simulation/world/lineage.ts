/**
 * Which WAL a server has: a path of branches and a position on the last of them. Two servers that were promoted apart have
 * the same timeline number and other branches, so branches have names of their own.
 */
import { formatLsn, lsn } from "../../domain/units.ts";

export type Branch = { readonly id: string; readonly timeline: number; readonly from: number };

/** `lineage` is never empty, oldest branch first. */
export type Wal = { readonly lineage: readonly Branch[]; readonly position: number };

export function lastBranch({ lineage }: Wal): Branch {
  const last = lineage.at(-1);
  if (last === undefined) throw new RangeError("a server without any WAL");
  return last;
}

/** Whether `mine` holds WAL that `other` never wrote: it cannot follow, it has to be made anew. */
export function isDiverged(mine: Wal, other: Wal): boolean {
  const shared = sharedBranches(mine, other);
  if (shared === 0 || shared < mine.lineage.length) return true;
  const forksAt = other.lineage[shared]?.from;
  return forksAt !== undefined && mine.position > forksAt;
}

/** How far `wal` goes on the branch of that name: null when it is not on its path. */
export function extentOn(wal: Wal, id: string): number | null {
  const at = wal.lineage.findIndex((branch) => branch.id === id);
  return at < 0 ? null : (wal.lineage[at + 1]?.from ?? wal.position);
}

function sharedBranches(mine: Wal, other: Wal): number {
  let shared = 0;
  while (shared < mine.lineage.length && mine.lineage[shared]?.id === other.lineage[shared]?.id) shared += 1;
  return shared;
}

/** A position as PostgreSQL writes it. */
export function positionText(position: number): string {
  return formatLsn(lsn(BigInt(Math.max(0, Math.round(position)))));
}
