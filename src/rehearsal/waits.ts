/** How long a rehearsed installation is waited for, all in virtual time. */
import { selectProfile } from "../domain/inventory/profile.ts";
import type { Ground } from "./ground.ts";
import type { Schedule } from "./schedule.ts";
import type { Stage } from "./stage.ts";

/** The safety phase is over when every run has ended, or after this much virtual time and the holds of one run. */
export const SAFETY_MS = 120_000;
export const LOOK_MS = 250;
/** More shifts than any way of weights has. */
const SHIFTS = 12;

/** Runs that are started meanwhile are waited for as well. `still`: nothing else is to come. */
export async function untilEnded(
  { kernel, runs }: Stage,
  withinMs: number,
  still = () => true,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const untilMs = kernel.now() + withinMs;
  const look = () => {
    const over = still() && runs.every(({ ended }) => ended !== null);
    if (over || kernel.now() >= untilMs) resolve();
    else kernel.at(kernel.now() + LOOK_MS, look);
  };
  look();
  await kernel.run(promise);
}

export function holdsOf({ inventory }: Ground, { profile }: Schedule): number {
  const { dwell, soak } = selectProfile(inventory, profile);
  return SHIFTS * dwell + soak;
}
