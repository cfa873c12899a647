/**
 * How soon a run went on after its orchestrator was interrupted.
 *
 * Measured from outside, by files and pids alone: it begins when the victims run again (every killed one has a new pid
 * that answers its address; or SIGCONT was sent) and ends when the run's next ledger event can be read in the store, by a
 * reader that looks every 8 ms. An event that could be read before the victims were back does not count, also when it
 * was written after they were hit. A run that holds is not late before its hold is over: where the last event is
 * `hold-started`, it begins at the end of that hold if that is later. A run that had ended by then has nothing to resume.
 * A run that was hit before it had begun to sleep out a hold sleeps its whole length afterwards: the number is then too high
 * by up to that, never too low.
 *
 * Of three members, one that is killed closes its connections, and one that stands still can be known by its silence alone, which
 * takes time: each has a limit of its own.
 */
import { percentile, rounded, someOf, type Check, type Facts } from "./judge-facts.ts";
import { dataNumber } from "./judge-ledger.ts";
import type { Interruptions, Kill } from "./judge-kill-records.ts";

/**
 * Of three members, the two that are left have to go on by themselves: there it begins when one is struck. What can be read
 * so soon after that may have been on its way already, wherever it came from, and does not count.
 */
const ON_ITS_WAY_MS = 100;

/** `ms` null: the run had ended already. Infinity: it never went on. */
export type Resume = { readonly kill: Kill; readonly ms: number | null };

export function resumesOf(facts: Facts, { kills, seen }: Interruptions): Resume[] {
  return kills.map((kill) => {
    const ofRun = seen.filter(({ run }) => run === kill.run);
    const fromMs = kill.member === null ? kill.againAtMs : kill.time;
    const countsFromMs = kill.member === null ? fromMs : fromMs + ON_ITS_WAY_MS;
    const last = ofRun.findLast(({ time }) => time <= countsFromMs);
    if (last?.type === "run-ended") return { kill, ms: null };
    const next = ofRun.find(({ time }) => time > countsFromMs);
    if (next === undefined) return { kill, ms: Infinity };
    const dueAtMs = last?.type === "hold-started" ? holdEndsAtMs(facts, kill.run, last.index) : 0;
    return { kill, ms: Math.max(0, next.time - Math.max(fromMs, dueAtMs)) };
  });
}

function holdEndsAtMs({ runs }: Facts, run: string, index: number): number {
  const started = runs.all.find(({ id }) => id === run)?.events[index];
  return started === undefined ? 0 : started.time + (dataNumber(started, "forMs") ?? 0);
}

export function resumeTimes(resumes: readonly Resume[]): { p50: number | null; p99: number | null } {
  const times = resumes.flatMap(({ ms }) => ms ?? []);
  const at = (share: number) => {
    const ms = percentile(times, share);
    return ms === null || !Number.isFinite(ms) ? null : rounded(ms);
  };
  return { p50: at(0.5), p99: at(0.99) };
}

export function checkResumes(
  resumes: readonly Resume[],
  limits: { readonly resumeMs: number; readonly frozenResumeMs: number },
): Check[] {
  const [known, silent] = bySilence(resumes);
  const first = { name: "resumeMs", ...checkResume(known, limits.resumeMs) };
  return silent.length === 0
    ? [first]
    : [first, { name: "frozenResumeMs", ...checkResume(silent, limits.frozenResumeMs) }];
}

/** Those that could be known at once, and those of members that stood still. */
export function bySilence(resumes: readonly Resume[]): readonly [Resume[], Resume[]] {
  const isSilent = ({ kill }: Resume) => kill.member !== null && kill.kind === "stop";
  return [resumes.filter((one) => !isSilent(one)), resumes.filter(isSilent)];
}

function checkResume(resumes: readonly Resume[], limit: number): Omit<Check, "name"> {
  const { p50, p99 } = resumeTimes(resumes);
  const stuck = resumes.filter(({ ms }) => ms === Infinity);
  const slow = resumes.filter(({ ms }) => ms !== null && ms > limit && ms !== Infinity);
  const shown = [
    ...stuck.map(({ kill }) => `${kill.run} never went on after "${kill.place}"`),
    ...slow.map(({ kill, ms }) => `${rounded(ms ?? 0)} ms after "${kill.place}"`),
  ];
  return {
    ok: p99 !== null && p99 <= limit && stuck.length === 0,
    measured: p99,
    limit,
    detail: `the 99th percentile; the median is ${p50 ?? "not measured"}${shown.length === 0 ? "" : `; ${someOf(shown)}`}`,
  };
}
