/** Which member comes up as the primary: whoever was it last, as the stopped data directories themselves say. Pure. */
import { compareLsn, parseLsn } from "../../../domain/units.ts";
import type { ControlFile } from "./control-file.ts";

export type StoppedMember = {
  readonly cloud: string;
  readonly state: ControlFile["state"];
  readonly checkpoint: string;
  /** The highest timeline that the directory knows of: a promotion is in its history at once, in `pg_control` only later. */
  readonly timeline: number;
  /** A clone that was never started still carries its source's state. */
  readonly isFreshClone: boolean;
};

/**
 * Of those that were out of recovery, the one on the highest timeline, then with the later checkpoint, then the preferred
 * one. Null when a standby knows of a higher timeline than all of them: the last primary's data are not here.
 */
export function lastPrimary(members: readonly StoppedMember[], preferred: string): string | null {
  const newest = Math.max(0, ...members.map(({ timeline }) => timeline));
  const candidates = members.filter((member) => wasPrimary(member) && member.timeline === newest);
  const [best] = candidates.toSorted((left, right) => {
    const later = compareLsn(parseLsn(right.checkpoint), parseLsn(left.checkpoint));
    return later !== 0 ? later : Number(right.cloud === preferred) - Number(left.cloud === preferred);
  });
  return best?.cloud ?? null;
}

function wasPrimary({ state, isFreshClone }: StoppedMember): boolean {
  if (isFreshClone) return false;
  switch (state) {
    case "shut-down":
    case "shutting-down":
    case "in-crash-recovery":
    case "in-production":
      return true;
    case "starting":
    case "shut-down-in-recovery":
    case "in-archive-recovery":
      return false;
  }
}
