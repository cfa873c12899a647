/** All guards in the order in which they are reported. A guard that is not here does not exist. */
import type { Section } from "../snapshot.ts";
import { noLossBeyondPolicy, oneWritablePrimary } from "./databases.ts";
import type { Change, Guard, GuardVerdict } from "./guard.ts";
import { capacityForTheShift, noWeightToTheUnhealthy, weightsAreWhole } from "./traffic.ts";

const GUARDS: readonly Guard[] = [
  weightsAreWhole,
  noWeightToTheUnhealthy,
  capacityForTheShift,
  oneWritablePrimary,
  noLossBeyondPolicy,
];

/** The verdict of every guard that watches `section` on this change, in the catalogue's order. */
export function judgeChange(change: Change, section: Section): GuardVerdict[] {
  return GUARDS.filter((guard) => guard.watches.includes(section)).map((guard) => ({
    guard: guard.name,
    ...guard.judge(change),
  }));
}
