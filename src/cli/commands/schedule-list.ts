/** `schedule list`: what is begun at its time, when it is due next, and what became of the last time. */
import type { ScheduleAnswer } from "../api/parse-schedule.ts";
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { wrapped } from "../views/columns.ts";
import type { Style } from "../views/view.ts";

type Entry = ScheduleAnswer["entries"][number];

const WIDTH = 90;

export const scheduleList: Command = async (_call, context) => {
  const api = await context.api();
  const answer = await api.schedule();
  context.view.show({
    kind: "schedule",
    data: answer,
    text: (style) =>
      answer.entries.length === 0
        ? ["Nothing is scheduled: the inventory has no schedule."]
        : answer.entries.flatMap((entry, index) => [
            ...(index === 0 ? [] : [""]),
            ...entryLines(entry, answer.profile, style),
          ]),
  });
  return EXIT.ok;
};

function entryLines(entry: Entry, profile: string, { colors }: Style): string[] {
  const { name, kind, cron, timeZone, mode, missed, back, here, next, open, waiting, last } = entry;
  const way = back === null ? "" : `, then ${orderText(back)}`;
  const lines = [
    ["what", `${orderText(entry)}${way}`],
    ["when", `${cron} in ${timeZone}, mode ${mode}, missed: ${missed}`],
    ["next", nextText(entry, profile)],
    ...(waiting === null
      ? []
      : [["due", `${waiting.due}, not begun yet: ${waiting.why ?? "nobody has looked yet"}`]]),
    ...(open === null ? [] : [["now", `${open.run} ${STAGES[open.stage]}`]]),
    ["last", last === null ? "never" : lastText(last)],
  ];
  const mark = here ? (next.length === 0 ? colors.yellow : colors.bold) : colors.dim;
  return [
    `${mark(name)} (${kind})`,
    ...lines.flatMap(([label = "", text = ""]) =>
      wrapped(text, WIDTH).map((line, index) => `  ${(index === 0 ? label : "").padEnd(4)}  ${line}`),
    ),
  ];
}

const STAGES = {
  there: "is under way",
  "to-go-back": "is completed, its way back is not begun yet",
  back: "is under way, the way back",
} as const;

function nextText({ here, next, profile: only }: Entry, profile: string): string {
  if (!here) return `never here: it is for the profile ${only ?? ""}, and this is ${profile}`;
  const [first, ...more] = next.map(({ due }) => due);
  if (first === undefined) return "never";
  const then = more.map((due) => due.replace(/ \S+$/, "")).join(", ");
  return then === "" ? first : `${first}; then ${then}`;
}

function lastText({ due, outcome, run, why }: NonNullable<Entry["last"]>): string {
  const what = OUTCOMES[outcome] ?? outcome;
  return `${due}: ${what}${run === null ? "" : `, ${run}`}${why === "" ? "" : `: ${why}`}`;
}

const OUTCOMES: Readonly<Record<string, string>> = {
  "left-out": "left out",
  observed: "only said (mode observe)",
};

function orderText({ runbook, input }: { readonly runbook: string; readonly input: object }): string {
  return [runbook, ...Object.entries(input).map(([key, value]) => `--${key} ${String(value)}`)].join(" ");
}
