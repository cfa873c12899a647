/** The clouds' health for people: verdicts first, then who says what. */
import type { Verdict } from "../domain/snapshot.ts";
import type { CloudsAnswer } from "./api/parse-answers.ts";
import { ownWordBrief, ownWordLines } from "./own-word-text.ts";
import { type Cell, columns } from "./views/columns.ts";
import { elapsedText } from "./views/style.ts";
import type { Style } from "./views/view.ts";

export function cloudStatusText(answer: CloudsAnswer, nowMs: number, style: Style): string[] {
  const { clouds, vantages, at } = answer;
  const age = nowMs - at > 5_000 ? style.colors.yellow(`  ${elapsedText(nowMs - at)} old`) : "";
  const rows = clouds.flatMap(({ cloud, clusters, ...about }): Cell[][] => [
    verdictRow(cloud, about, at, style),
    ...clusters.map(({ cluster, ...own }) => verdictRow(`  ${cluster}`, own, at, style)),
  ]);
  const head = ["WHERE", "VERDICT", "SINCE", "BY", ""];
  return [
    `${style.date(at)}${age}`,
    "",
    ...columns([head, ...rows], ["left", "left", "right", "right", "left"]),
    "",
    ...vantageTable(vantages, at, style),
    ...ownWordLines(answer, style),
  ];
}

/** One line for each verdict that is another now, and for each cloud that says another thing of itself. */
export function cloudChangeLines(before: CloudsAnswer, after: CloudsAnswer, style: Style): string[] {
  return [...verdictChanges(before, after, style), ...wordChanges(before, after, style)];
}

function wordChanges(before: CloudsAnswer, after: CloudsAnswer, style: Style): string[] {
  const old = new Map(before.clouds.map((one) => [one.cloud, ownWordBrief(one)]));
  return after.clouds
    .map((one) => ({ cloud: one.cloud, was: old.get(one.cloud) ?? "nothing", is: ownWordBrief(one) }))
    .filter(({ was, is }) => was !== is)
    .map(
      ({ cloud, is }) => `${style.clock(after.at)}  ${cloud} says of itself, as a hint and no proof: ${is}`,
    );
}

function verdictChanges(before: CloudsAnswer, after: CloudsAnswer, style: Style): string[] {
  const rowsOf = ({ clouds }: CloudsAnswer) =>
    clouds.flatMap(({ cloud, clusters, ...about }) => [
      { name: cloud, ...about },
      ...clusters.map(({ cluster, ...own }) => ({ name: cluster, ...own })),
    ]);
  const old = new Map(rowsOf(before).map(({ name, verdict }) => [name, verdict]));
  return rowsOf(after)
    .filter(({ name, verdict }) => old.get(name) !== verdict)
    .map(
      ({ name, verdict, sinceMs, observers, reason }) =>
        `${style.clock(sinceMs)}  ${name} ${old.get(name) ?? "unknown"} -> ${verdict}, by ${observers}: ${reason}`,
    );
}

type Row = Pick<CloudsAnswer["clouds"][number], "verdict" | "reason" | "observers" | "sinceMs">;

function verdictRow(
  name: string,
  { verdict, reason, observers, sinceMs }: Row,
  at: number,
  style: Style,
): Cell[] {
  return [
    name,
    { text: verdict, paint: paintOf(verdict, style) },
    sinceMs === 0 ? "-" : elapsedText(Math.max(0, at - sinceMs)),
    `${observers}`,
    verdict === "healthy" ? "" : reason,
  ];
}

function vantageTable(vantages: CloudsAnswer["vantages"], at: number, { colors }: Style): string[] {
  const clusters = [...new Set(vantages.flatMap((vantage) => Object.keys(vantage.clusters)))];
  const rows = vantages.map(({ name, heardAtMs, isolated, problem, clusters: seen }): Cell[] => {
    const heard = heardAtMs === null ? "never" : `${((at - heardAtMs) / 1_000).toFixed(1)} s ago`;
    const note = isolated ? "cut off: it has no voice" : (problem ?? "");
    const states = clusters.map((cluster): Cell => {
      const state = seen[cluster]?.state ?? "unseen";
      const paint = { answers: colors.green, slow: colors.yellow, fails: colors.red, unseen: colors.yellow }[
        state
      ];
      return { text: state, paint };
    });
    return [name, { text: heard, paint: problem === null ? colors.green : colors.yellow }, ...states, note];
  });
  return columns(
    [["VANTAGE POINT", "HEARD", ...clusters, ""], ...rows],
    ["left", "right", ...clusters.map(() => "left" as const), "left"],
  );
}

function paintOf(verdict: Verdict, { colors }: Style) {
  return { healthy: colors.green, degraded: colors.yellow, down: colors.red, unknown: colors.yellow }[
    verdict
  ];
}
