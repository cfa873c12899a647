/** One run as a document: where it stands or how it ended, on what facts, what is left by hand, and what to type next. */
import { waitsForApproval } from "../domain/waiting.ts";
import type { RunAnswer, ShownRun } from "./api/parse-answers.ts";
import type { Context } from "./context.ts";
import { exitOfEnd, exitOfStanding } from "./exit.ts";
import { factLines } from "./fact-lines.ts";
import { guardLines, isGuardList } from "./guard-lines.ts";
import { type Cell, columns, wrapped } from "./views/columns.ts";
import { inputText } from "./views/event-line.ts";
import { elapsedText } from "./views/style.ts";
import type { Shown, Style } from "./views/view.ts";

// The longest label, so that all lines up also where it is not there.
const LABEL = "waits for".length;

export function runDocument({ view, sheet }: RunAnswer, context: Context): Shown {
  const nowMs = context.io.now();
  return {
    kind: "run",
    data: { run: view, sheet, exit: exitOfEnd(view) ?? exitOfStanding(view) },
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
  const forward = view.state === "completed" || view.endedAtMs === null;
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
    ...(view.endedAtMs !== null || view.doing === "" ? [] : [["doing", view.doing]]),
    ...(view.owner === null ? [] : [["waits for", `${view.owner}${untilText(view, style)}`]]),
    ...standingRows(view, style),
    [
      "when",
      `began ${style.date(view.startedAtMs)}, ${view.endedAtMs !== null ? "took" : "so far"} ${took}; ${acts}`,
    ],
    ...lockRows(view, style, nowMs),
    ...(view.planHash === null ? [] : [["plan", view.planHash]]),
    ...view.against.flatMap((words) => [["against", words]]),
    ...(view.approvedBy.length === 0 ? [] : [["approved", `by ${view.approvedBy.join(", ")}`]]),
    ...wrapped(view.why, 86).map((line, index) => [index === 0 ? "why" : "", line]),
  ];
}

function lockRows({ locks, locksUntilMs }: ShownRun, { date }: Style, nowMs: number): Cell[][] {
  if (locks.length === 0) return [];
  const until =
    locksUntilMs === null
      ? "kept until it gives them back"
      : locksUntilMs > nowMs
        ? `its own until ${date(locksUntilMs)}`
        : `over its time since ${date(locksUntilMs)}: another run that asks takes them`;
  return wrapped(`${locks.join(", ")}, ${until}`, 86).map((line, index) => [
    index === 0 ? "locks" : "",
    line,
  ]);
}

/** What it waits for, whose it is, until when; and what keeps it from going on, with the ways out. */
function standingRows({ standing, owner: people }: ShownRun, { colors, date }: Style): Cell[][] {
  if (standing === null || standing === undefined) return [];
  const { waitsFor, untilMs, owner, stuck, blocked, sheet } = standing;
  // Where it stands still for people, that is said with what they may tell it.
  const rows: Cell[][] =
    people === null ? [["waits for", `${waitsFor}, until ${date(untilMs)}; owner ${owner}`]] : [];
  if (stuck) rows.push(["", { text: "stuck: it has done nothing since", paint: colors.red }]);
  for (const line of blocked === null ? [] : wrapped(`not executed here: ${blocked.why}`, 86))
    rows.push(["", { text: line, paint: colors.red }]);
  for (const way of blocked?.waysOut ?? [])
    for (const [index, line] of wrapped(way, 82).entries())
      rows.push(["", `${index === 0 ? "- " : "  "}${line}`]);
  return [...rows, ["sheet", sheet]];
}

function stateCell(view: ShownRun, { colors }: Style): Cell {
  const exit = exitOfEnd(view) ?? exitOfStanding(view);
  const paint = exit === null ? colors.cyan : exit === 0 ? colors.green : colors.red;
  return { text: view.state, paint };
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

function untilText({ untilMs, offers }: ShownRun, style: Style): string {
  const until = untilMs === null ? "" : `, told again at ${style.date(untilMs)}`;
  return offers.length === 0 ? until : `${until}; it may ${offers.join(", ")}`;
}

function nextCommand({ run, state, endedAtMs, offers }: ShownRun, { again }: Context): string {
  if (endedAtMs === null) {
    if (waitsForApproval({ state, offers })) return again(["approval", "list"]);
    const [offer] = offers;
    if (offer !== undefined) return again(["run", offer, run]);
    return again(["run", "show", run, "--follow"]);
  }
  if (state === "completed" || state === "undone") return again(["ledger", "verify", run]);
  return state === "refused" ? again(["status"]) : again(["ledger", "show", run]);
}
