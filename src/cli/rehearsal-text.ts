/** A plan's rehearsal for people: how the clean night ended, how those with faults did, and loudly what was broken. */
import type { TroubledNight } from "../rehearsal/rehearse-plan.ts";
import { isBroken, isWhole, type Rehearsal } from "./rehearsal-of-plan.ts";
import { wrapped } from "./views/columns.ts";
import { lengthText } from "./views/style.ts";
import type { Style } from "./views/view.ts";

const WIDTH = 96;
const LABEL = 10;

export function rehearsalText(rehearsal: Rehearsal, { colors }: Style): string[] {
  const { clean, faults, otherCode } = rehearsal;
  const took = clean.tookMs === null ? "" : ` in ${lengthText(Math.round(clean.tookMs / 1_000) * 1_000)}`;
  const why = clean.why === "" ? "" : `: ${clean.why}`;
  const paint = isWhole(rehearsal) ? colors.green : colors.red;
  return [
    ...labelled("rehearsed", `from this state, with nothing going wrong: ${clean.outcome}${took}${why}`).map(
      paint,
    ),
    ...(clean.otherPlan === null
      ? []
      : labelled("", `but another plan than this one: ${clean.otherPlan}`).map(colors.red)),
    ...(otherCode
      ? labelled("", "by this checkout's code, which is not the orchestrator's").map(colors.yellow)
      : []),
    ...clean.violations.flatMap(({ invariant, what }) =>
      labelled("", `BROKEN ${invariant}: ${what}`).map(colors.red),
    ),
    ...(faults === null
      ? []
      : [
          ...labelled("faults", `${faults.nights} nights: ${countsText(faults.outcomes)}`),
          ...faults.troubled.flatMap((night) => nightLines(night, colors)),
        ]),
    isBroken(rehearsal)
      ? colors.red(
          `${"".padEnd(LABEL)}A rule was broken: this plan is not safe to run, or the program has a fault.`,
        )
      : `${"".padEnd(LABEL)}no rule was broken`,
  ];
}

function nightLines(
  { seed, outcome, why, struck, violations }: TroubledNight,
  colors: Style["colors"],
): string[] {
  const verdict = `seed ${seed} ${outcome}${why === "" ? "" : `: ${why}`}`;
  return [
    ...indented(verdict, LABEL).map(outcome === "completed" ? String : colors.yellow),
    ...violations.flatMap(({ invariant, what }) =>
      indented(`BROKEN ${invariant}: ${what}`, LABEL + 2).map(colors.red),
    ),
    ...indented(struck.length === 0 ? "nothing struck it" : struck.join("; "), LABEL + 2).map(colors.dim),
  ];
}

/** `15 completed, 5 undone`, the most first. */
function countsText(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .sort(([, one], [, other]) => other - one)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(", ");
}

function labelled(label: string, text: string): string[] {
  return indented(text, LABEL).map((line, index) =>
    index === 0 ? `${label.padEnd(LABEL)}${line.slice(LABEL)}` : line,
  );
}

function indented(text: string, by: number): string[] {
  return wrapped(text, WIDTH - by).map((line) => `${"".padEnd(by)}${line}`);
}
