/**
 * Makes a night that broke an invariant as small as it can be while it still breaks the same one: first whole faults and
 * people's acts are left out, and of a watched night its troubles and what people have automation do, in halves, quarters and
 * so on (delta debugging), then what is left is made shorter.
 *
 * 1. Whatever it answers breaks the invariant: nothing is left out unseen.
 * 2. It ends: each round makes the night smaller, and rehearsals are bounded.
 */
import type { Length, PersonsAct, Schedule, ScheduledFault } from "./schedule.ts";
import type { Steering, Trouble, Watch } from "./watch-schedule.ts";

export type Shrunk = { readonly schedule: Schedule; readonly rehearsals: number };

/** Answers whether a night still breaks what is looked for. */
export type StillBreaks = (schedule: Schedule) => Promise<boolean>;

const REHEARSALS_MAX = 400;

export async function shrink(schedule: Schedule, stillBreaks: StillBreaks): Promise<Shrunk> {
  let rehearsals = 0;
  const asked: StillBreaks = async (night) => {
    if (rehearsals >= REHEARSALS_MAX) return false;
    rehearsals += 1;
    return await stillBreaks(night);
  };
  let small = await withFewer(schedule, asked);
  small = await withShorter(small, asked);
  // What is shorter may have made something else needless.
  small = await withFewer(small, asked);
  return { schedule: small, rehearsals };
}

type Part =
  | { readonly of: "fault"; readonly fault: ScheduledFault }
  | { readonly of: "person"; readonly act: PersonsAct }
  | { readonly of: "trouble"; readonly trouble: Trouble }
  | { readonly of: "steering"; readonly steering: Steering };

async function withFewer(schedule: Schedule, stillBreaks: StillBreaks): Promise<Schedule> {
  let parts = partsOf(schedule);
  for (let pieces = 2; parts.length > 0; ) {
    const size = Math.ceil(parts.length / pieces);
    const smaller = await firstWithout(schedule, { parts, size }, stillBreaks);
    if (smaller !== null) {
      parts = smaller;
      pieces = Math.max(2, pieces - 1);
    } else if (size <= 1) return withParts(schedule, parts);
    else pieces = Math.min(parts.length, pieces * 2);
  }
  return withParts(schedule, parts);
}

async function firstWithout(
  schedule: Schedule,
  { parts, size }: { readonly parts: readonly Part[]; readonly size: number },
  stillBreaks: StillBreaks,
): Promise<readonly Part[] | null> {
  for (let from = 0; from < parts.length; from += size) {
    const kept = [...parts.slice(0, from), ...parts.slice(from + size)];
    if (await stillBreaks(withParts(schedule, kept))) return kept;
  }
  return null;
}

async function withShorter(schedule: Schedule, stillBreaks: StillBreaks): Promise<Schedule> {
  let small = schedule;
  for (const index of schedule.faults.keys()) {
    for (;;) {
      const fault = small.faults[index];
      const lasts = fault === undefined ? null : halfOf(fault.lasts);
      if (fault === undefined || lasts === null) break;
      const shorter = { ...small, faults: small.faults.with(index, { ...fault, lasts }) };
      if (!(await stillBreaks(shorter))) break;
      small = shorter;
    }
  }
  for (const [index, act] of small.people.entries()) {
    const plain = { ...act, afterMs: 0, twice: false };
    const simpler = { ...small, people: small.people.with(index, plain) };
    if ((act.afterMs > 0 || act.twice) && (await stillBreaks(simpler))) small = simpler;
  }
  return await withShorterTroubles(small, stillBreaks);
}

async function withShorterTroubles(schedule: Schedule, stillBreaks: StillBreaks): Promise<Schedule> {
  const { watch } = schedule;
  if (watch === undefined) return schedule;
  let troubles = watch.troubles;
  for (const index of troubles.keys()) {
    for (;;) {
      const trouble = troubles[index];
      if (trouble === undefined || trouble.forMs <= 1) break;
      const shorter = troubles.with(index, { ...trouble, forMs: Math.floor(trouble.forMs / 2) });
      if (!(await stillBreaks({ ...schedule, watch: { ...watch, troubles: shorter } }))) break;
      troubles = shorter;
    }
  }
  return { ...schedule, watch: { ...watch, troubles } };
}

function halfOf(lasts: Length): Length {
  if (lasts === null) return null;
  if ("calls" in lasts) return lasts.calls > 1 ? { calls: Math.floor(lasts.calls / 2) } : null;
  return lasts.ms > 1 ? { ms: Math.floor(lasts.ms / 2) } : null;
}

function partsOf({ faults, people, watch }: Schedule): readonly Part[] {
  return [
    ...faults.map((fault) => ({ of: "fault" as const, fault })),
    ...people.map((act) => ({ of: "person" as const, act })),
    ...(watch?.troubles ?? []).map((trouble) => ({ of: "trouble" as const, trouble })),
    ...(watch?.steering ?? []).map((steering) => ({ of: "steering" as const, steering })),
  ];
}

function withParts(schedule: Schedule, parts: readonly Part[]): Schedule {
  const { watch } = schedule;
  return {
    ...schedule,
    faults: parts.flatMap((part) => (part.of === "fault" ? [part.fault] : [])),
    people: parts.flatMap((part) => (part.of === "person" ? [part.act] : [])),
    ...(watch === undefined ? {} : { watch: watchedWith(watch, parts) }),
  };
}

function watchedWith(watch: Watch, parts: readonly Part[]): Watch {
  return {
    ...watch,
    troubles: parts.flatMap((part) => (part.of === "trouble" ? [part.trouble] : [])),
    steering: parts.flatMap((part) => (part.of === "steering" ? [part.steering] : [])),
  };
}
