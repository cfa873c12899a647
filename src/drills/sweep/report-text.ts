/** A sweep's report as a page to keep. */
import type { Share } from "../../rehearsal/coverage.ts";
import type { SweepReport } from "../../rehearsal/sweep-report.ts";

const LEAST_SHOWN = 12;

/** `replay` words the command that runs one seed again. */
export function sweepPage(report: SweepReport, replay: (seed: number) => string): string {
  const { coverage, order, broken, mismatches } = report;
  const lines = [
    "# Sweep",
    "",
    `${report.schedules} nights of ${order.runbook ?? "the planned moves"}, seeds ${order.fromSeed} to ${order.fromSeed + order.seeds - 1}, ` +
      `in ${(report.durationMs / 1_000).toFixed(1)} s on ${report.threads} threads.`,
    "",
    "| what | number |",
    "| --- | ---: |",
    `| nights | ${report.schedules} |`,
    `| distinct (ordered faults, steps, phases and outcomes) | ${report.distinct} |`,
    `| world and ledger events | ${report.events} |`,
    `| events a second | ${Math.round((report.events * 1_000) / Math.max(1, report.durationMs))} |`,
    `| violations | ${broken.length} |`,
    `| rehearsed twice | ${report.doubles} |`,
    `| of these with another digest | ${mismatches.length} |`,
    `| cells reached (kind of fault x await point x phase) | ${coverage.reached} of ${coverage.total} (${percent(coverage)}) |`,
    "",
    "How runs ended: " +
      Object.entries(report.outcomes)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(", ") +
      ".",
    "",
    "## Violations",
    "",
    ...(broken.length === 0 ? ["None."] : []),
    ...broken.flatMap(({ seed, invariant, what, lastEvents }) => [
      `### ${invariant}, seed ${seed}`,
      "",
      what,
      "",
      `    ${replay(seed)}`,
      "",
      "```",
      ...lastEvents,
      "```",
      "",
    ]),
    ...mismatches.map((seed) => `Seed ${seed} differs from its own repetition: ${replay(seed)}`),
    "",
    "## Coverage",
    "",
    ...leastReached("kind of fault", coverage.kinds),
    ...leastReached("await point", coverage.points),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function leastReached(what: string, shares: readonly Share[]): string[] {
  return [
    `| ${what}, the least reached first | reached | of |`,
    "| --- | ---: | ---: |",
    ...shares.slice(0, LEAST_SHOWN).map(({ name, reached, total }) => `| ${name} | ${reached} | ${total} |`),
    "",
  ];
}

function percent({ reached, total }: Pick<Share, "reached" | "total">): string {
  return `${((100 * reached) / Math.max(1, total)).toFixed(1)} %`;
}
