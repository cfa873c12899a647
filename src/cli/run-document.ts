/** One run as a document: where it stands or how it ended, on what facts, what is left by hand, and what to type next. */
import type { RunAnswer, ShownRun } from "./api/parse-answers.ts";
import type { Context } from "./context.ts";
import { exitOfEnd, hasEnded } from "./exit.ts";
import { factLines } from "./fact-lines.ts";
import { guardLines, isGuardList } from "./guard-lines.ts";
import { type Cell, columns, wrapped } from "./views/columns.ts";
import { inputText } from "./views/event-line.ts";
import { elapsedText } from "./views/style.ts";
import type { Shown, Style } from "./views/view.ts";

// The longest label, so that all lines up also where it is not there.
const LABEL = "approved".length;

export function runDocument({ view, sheet }: RunAnswer, context: Context): Shown {
  const nowMs = context.io.now();
  return {
    kind: "run",
    data: { run: view, sheet, exit: exitOfEnd(view.state) },
    text: (style) => [
      ...columns(headRows(view, style, nowMs)),
      ...factsOf(view),
      ...sheetLines(sheet),
      `${"next".padEnd(LABEL)}  ${nextCommand(view, context)}`,
    ],
  };
}

function headRows(view: ShownRun, style: Style, nowMs: number): Cell[][] {
  const took = elapsedText((view.endedAtMs ?? nowMs) - view.startedAtMs);
  // After an undo the count would hold what was taken back as well.
  const forward = view.state === "completed" || exitOfEnd(view.state) === null;
  const acts =
    view.acts.planned === 0
      ? "no plan"
      : forward
        ? `${view.acts.verified} of ${view.acts.planned} acts proved`
        : `${view.acts.planned} acts planned`;
  return [
    ["run".padEnd(LABEL), view.run],
    [
      "what",
      `${view.runbook} ${inputText(view.input)}, asked for by ${view.requestedBy}, profile ${view.profile}`,
    ],
    ["state", stateCell(view, style)],
    ...(hasEnded(view.state) || view.doing === "" ? [] : [["doing", view.doing]]),
    [
      "when",
      `began ${style.date(view.startedAtMs)}, ${hasEnded(view.state) ? "took" : "so far"} ${took}; ${acts}`,
    ],
    ...(view.planHash === null ? [] : [["plan", view.planHash]]),
    ...(view.approvedBy.length === 0 ? [] : [["approved", `by ${view.approvedBy.join(", ")}`]]),
    ...wrapped(view.why, 86).map((line, index) => [index === 0 ? "why" : "", line]),
  ];
}

function stateCell({ state }: ShownRun, { colors }: Style): Cell {
  const exit = exitOfEnd(state);
  const paint = exit === null ? colors.cyan : exit === 0 ? colors.green : colors.red;
  return { text: state, paint };
}

function factsOf({ facts }: ShownRun): string[] {
  if (typeof facts !== "object" || facts === null || Array.isArray(facts)) return [];
  return Object.entries(facts).flatMap(([name, value]) => {
    if (isGuardList(value)) return guardLines(value, "  ");
    return factLines({ [name]: value }, "  ");
  });
}

function sheetLines(sheet: readonly string[]): string[] {
  return sheet.length === 0
    ? []
    : ["", "What is left of its plan, by hand:", ...sheet.map((line) => `  ${line}`), ""];
}

function nextCommand({ run, state }: ShownRun, { again }: Context): string {
  switch (state) {
    case "completed":
    case "undone":
      return again(["ledger", "verify", run]);
    case "refused":
      return again(["status"]);
    case "failed":
    case "undo-incomplete":
    case "cancelled":
    case "superseded":
      return again(["ledger", "show", run]);
    case "waiting-for-people":
      return again(["approval", "list"]);
    case "planned":
    case "waiting-for-lock":
    case "running":
    case "holding":
    case "undoing":
      return again(["run", "show", run, "--follow"]);
    default:
      return state satisfies never;
  }
}
