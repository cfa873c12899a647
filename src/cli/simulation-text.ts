/** What a simulation found, for people and for programs. */
import type { NightReport, Simulation } from "../rehearsal/sweep-report.ts";
import type { Style } from "./views/view.ts";

type Sweep = Extract<Simulation, { readonly kind: "sweep" }>;
type Replay = (seed: number) => string;

/** So many violations are told at length; the others by their command. */
const AT_LENGTH = 3;
const SHOWN = 20;

export function sweepData({ report, shrunk }: Sweep, replay: Replay): object {
  const { schedules, events, distinct, broken, mismatches, durationMs, coverage } = report;
  return {
    schedules,
    events,
    distinct,
    violations: broken.map(({ invariant, seed }) => ({ invariant, seed, replay: replay(seed) })),
    digestMismatches: mismatches.length,
    durationMs,
    schedulesPerSecond: perSecond(schedules, durationMs),
    coverage: { reached: coverage.reached, total: coverage.total },
    ...(shrunk === null ? {} : { shrunk: shrunk.schedule }),
  };
}

export function sweepText({ report, shrunk }: Sweep, replay: Replay, { colors }: Style): string[] {
  const { schedules, events, distinct, broken, mismatches, durationMs, coverage, doubles } = report;
  const share = ((100 * coverage.reached) / Math.max(1, coverage.total)).toFixed(1);
  const verdict =
    broken.length === 0
      ? colors.green("no violation")
      : colors.red(`${broken.length} violation${broken.length === 1 ? "" : "s"}`);
  return [
    `${schedules} nights, ${distinct} distinct: ${verdict}`,
    `${doubles} rehearsed twice, ${mismatches.length} differ`,
    `${events} events; ${share} % of ${coverage.total} cells reached`,
    `${(durationMs / 1_000).toFixed(1)} s, ${perSecond(schedules, durationMs)} nights/s on ${report.threads} threads`,
    ...broken
      .slice(0, AT_LENGTH)
      .flatMap(({ seed, invariant, what, lastEvents }) => [
        "",
        colors.red(`${invariant}: ${what}`),
        ...lastEvents.map((line) => `  ${cut(line)}`),
        `Replay it: ${replay(seed)}`,
      ]),
    ...(broken.length > AT_LENGTH ? ["", "And:"] : []),
    ...broken
      .slice(AT_LENGTH, SHOWN)
      .map(({ seed, invariant, what }) => `  ${invariant} seed ${seed}: ${cut(what)}`),
    ...(broken.length > SHOWN ? [`  and ${broken.length - SHOWN} more; --report FILE has all`] : []),
    ...mismatches.slice(0, SHOWN).map((seed) => `Another digest at the second time: ${replay(seed)}`),
    ...shrunkText(shrunk),
  ];
}

export function nightData({ title, schedule, night, lines, shrunk }: NightReport): object {
  return {
    title,
    schedule: schedule,
    ends: night.ends,
    violations: night.violations,
    digest: night.digest,
    signature: night.signature,
    events: night.events,
    virtualMs: night.virtualMs,
    trace: [...lines],
    ...(shrunk === null ? {} : { shrunk: shrunk.schedule }),
  };
}

export function nightText({ title, night, lines, shrunk, schedule }: NightReport, style: Style): string[] {
  const { colors } = style;
  const input = Object.entries(schedule.input).map(([name, value]) => `${name} ${value}`);
  return [
    ...lines,
    ...(lines.length === 0 ? [] : [""]),
    `${title}: ${schedule.runbook} ${input.join(", ")}, profile ${schedule.profile}`,
    ...night.ends.map(
      ({ run, runbook, outcome, why }) => `${run} (${runbook}) ${outcome}${why === "" ? "" : `: ${why}`}`,
    ),
    ...(night.violations.length === 0
      ? [colors.green("nothing was broken")]
      : night.violations.map(({ invariant, what }) => colors.red(`${invariant}: ${what}`))),
    ...(night.violations.length > 0 && lines.length === 0
      ? night.lastEvents.map((line) => `  ${cut(line)}`)
      : []),
    `${night.events} events in ${(night.virtualMs / 1_000).toFixed(1)} s of its own time; digest ${night.digest}`,
    ...shrunkText(shrunk),
  ];
}

function shrunkText(shrunk: NightReport["shrunk"]): string[] {
  if (shrunk === null) return [];
  const { schedule, rehearsals } = shrunk;
  return [
    "",
    `The smallest night that still breaks it, after ${rehearsals} rehearsals (run it with --schedule FILE):`,
    ...JSON.stringify(schedule, null, 2).split("\n"),
  ];
}

const WIDE = 200;

function cut(line: string): string {
  return line.length <= WIDE ? line : `${line.slice(0, WIDE)}...`;
}

function perSecond(count: number, durationMs: number): number {
  return Math.round((count * 10_000) / Math.max(1, durationMs)) / 10;
}
