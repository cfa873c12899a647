/**
 * The sheet of a run: Markdown that a person can work from when nothing of ours lives. Derived from the run's events.
 *
 * 1. What is to be typed is in blocks marked `bash`, in order: the blocks up to "Or take it back instead" are one
 *    script that `bash -e` could run, and stops where something does not hold.
 * 2. It never offers a way back beside a promotion that may have happened.
 * 3. No secret: commands read tokens from their files.
 */
import { quoteShellWord, shellCommand } from "../domain/quoting.ts";
import { heldLocks } from "../domain/event-data.ts";
import type { Json } from "../domain/json.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { Hand } from "../ports/hand.ts";
import type { Looks } from "../ports/looks.ts";
import { type Course, type CourseAct, courseOf, type CourseStep, isCourseAct } from "./sheet-course.ts";
import { lookLines, pivotEndLines, stepLines } from "./sheet-steps.ts";
import { takeBackLines } from "./sheet-undo.ts";
import { type RunView, viewOf } from "./views.ts";

export type SheetMeans = {
  readonly hand: Hand;
  readonly looks: Looks;
  /** The file that marks the run as taken over. */
  readonly takenFile: string;
  /** How people call the product, with what leads to this world: `./wildcam ... --state DIR`. */
  readonly again: (words: readonly string[]) => string;
  readonly isoTime: (ms: number) => string;
};

export type Waits = { readonly what: string; readonly untilMs: number | null };

const TAKE_BACK = "## Or take it back instead";

/** Null for events that are no run's. */
export function sheetText(events: readonly LedgerEvent[], means: SheetMeans, waits: Waits): string | null {
  const view = viewOf(events);
  if (view === null) return null;
  const course = courseOf(events);
  const last = events.at(-1)?.time ?? view.startedAtMs;
  const body = needsNobody(view, course) ? endLines(view) : handLines(view, course, { means, events });
  return `${[...headLines(view, course, { means, waits, last }), "", ...body].join("\n").trimEnd()}\n`;
}

/** Ended in a state that is known and wanted, or before anything was touched, or another run goes on from there. */
function needsNobody(view: RunView, course: Course | null): boolean {
  if (view.endedAtMs === null) return false;
  return ["completed", "refused", "undone", "superseded"].includes(view.state) || course === null;
}

type Head = { readonly means: SheetMeans; readonly waits: Waits; readonly last: number };

function headLines(view: RunView, course: Course | null, { means, waits, last }: Head): string[] {
  const until = waits.untilMs === null ? "" : `, until ${means.isoTime(waits.untilMs)}`;
  const waiting = view.endedAtMs === null ? [`- waits for: ${waits.what}${until}`] : [];
  const plan = course === null ? "none yet" : `${course.hash}, ${course.done} steps of it done`;
  return [
    `# ${view.runbook} ${inputWords(view.input)}`,
    "",
    `- run: ${view.run}`,
    `- asked for by: ${view.requestedBy}, profile ${view.profile}, at ${means.isoTime(view.startedAtMs)}`,
    `- state: ${view.state}${view.endedAtMs === null ? ` (${view.doing})` : ""}${view.why === "" ? "" : `: ${oneLine(view.why)}`}`,
    ...waiting,
    `- plan: ${plan}`,
    `- as of: ${means.isoTime(last)}. The orchestrator writes this file anew after every step.`,
  ];
}

function endLines(view: RunView): string[] {
  return [
    `**Nothing is left to do by hand**: the run has ended ${view.state}, and gave its locks back. This file stays as a record.`,
  ];
}

type Material = { readonly means: SheetMeans; readonly events: readonly LedgerEvent[] };

function handLines(view: RunView, course: Course | null, { means, events }: Material): string[] {
  const locks = heldLocks(events);
  if (
    course === null ||
    (course.done === 0 && course.inFlight.length === 0 && view.state === "waiting-for-people")
  ) {
    const untouched = [
      "The run has changed nothing yet. While the orchestrator is dead there is nothing to take back.",
      "What its plan would do is below, for whoever decides to do it by hand.",
    ];
    if (course === null) return [untouched[0] ?? "", "", ...afterwards(view, locks, means)];
    return [...untouched, "", ...workLines(view, course, means), ...afterwards(view, locks, means)];
  }
  return [...workLines(view, course, means), ...afterwards(view, locks, means)];
}

function workLines(view: RunView, course: Course, means: SheetMeans): string[] {
  const takeOver = view.endedAtMs === null ? takeOverLines(means) : [];
  if (course.direction === "back")
    return [...takeOver, ...backLines("## What is left to take back", course, means)];
  return [
    ...takeOver,
    ...inFlightLines(course, means),
    ...forwardLines(course, means),
    ...(course.committing ? onlyForward() : backLines(TAKE_BACK, course, means)),
  ];
}

function takeOverLines({ takenFile, again }: SheetMeans): string[] {
  return [
    "## First: take the run over",
    "",
    `Only if the orchestrator is dead. If it answers (\`${again(["status"])}\`), let it work. This mark keeps it from`,
    "going on with the run beside you when it comes back; remove the file to let it go on.",
    "",
    ...block([`touch ${quoteShellWord(takenFile)}`]),
  ];
}

function inFlightLines(course: Course, { looks }: SheetMeans): string[] {
  if (course.inFlight.length === 0) return [];
  const looked = new Set(course.inFlight.flatMap((act) => lookLines(act, looks)));
  return [
    "## What may be half done: look first",
    "",
    ...course.inFlight.map(({ name }) => `- ${name}`),
    "",
    "It was begun, and nobody has seen its end. Whatever you see, type what is left below in order: a command whose aim",
    "stands already answers `found` and changes nothing.",
    "",
    ...block([...looked]),
  ];
}

function forwardLines(course: Course, { looks }: SheetMeans): string[] {
  if (course.left.length === 0) return ["## What is left", "", "No step of the plan is left.", ""];
  const lines: string[] = ["## What is left, in order", ""];
  for (const [index, step] of course.left.entries()) {
    const text = stepLines(step, course, looks);
    lines.push(`${course.done + index + 1}. ${titleOf(step)}`, "");
    if (text.length > 0) lines.push(...block(text));
    const pivotEnds = step.pivot !== null && course.left[index + 1]?.pivot !== step.pivot;
    if (step.pivot === null || !pivotEnds) continue;
    lines.push("Everybody follows the new primary, and it takes writes:", "");
    lines.push(...block(pivotEndLines(step.pivot, course, looks)));
  }
  return lines;
}

function titleOf(step: CourseStep): string {
  if (isCourseAct(step))
    return step.kind === "commit" ? `**${step.name}: the point of no return**` : `**${step.name}**`;
  switch (step.kind) {
    case "hold":
      return `Hold: ${step.title}. Go on only if clients were answered as the objective asks; else take it back, if it says how.`;
    case "check":
      return `Check: ${step.title}`;
    case "notify":
      return `Tell people: ${step.title}`;
    default:
      return step satisfies never;
  }
}

function onlyForward(): string[] {
  return [
    TAKE_BACK,
    "",
    "Not from here: the new primary may be promoted, and taking back beside it could leave two primaries. Go forward;",
    "the way back is another run.",
    "",
  ];
}

function backLines(heading: string, course: Course, means: SheetMeans): string[] {
  if (course.takeBack.length === 0) {
    return [heading, "", "Nothing: since the last good point nothing was changed.", ""];
  }
  const lines = [
    heading,
    "",
    "To the last good point, newest first. What somebody else has changed since is theirs: look first.",
    "",
  ];
  for (const act of course.takeBack) {
    if (act.kind === "commit") {
      lines.push(...refusedLines(act, means));
      continue;
    }
    const text = takeBackLines(act, means.hand);
    lines.push(`- take back: **${act.name}**`, "");
    if (text === null) lines.push("  It cannot be taken back. Stop here.", "");
    else if (text.length === 0) lines.push("  It stood before this run: leave it.", "");
    else lines.push(...block([...lookLines(act, means.looks), ...text]));
  }
  return lines;
}

function refusedLines(act: CourseAct, { looks }: SheetMeans): string[] {
  return [
    `- **${act.name}** was refused, and may have happened all the same. Look:`,
    "",
    ...block([...lookLines(act, looks)]),
    "  If it is a primary, stop here: no other may become one beside it. Go on forward; the way back is another run.",
    "",
  ];
}

function afterwards(view: RunView, locks: readonly string[], { again }: SheetMeans): string[] {
  if (view.endedAtMs !== null && locks.length === 0) return [];
  const held =
    locks.length === 0 ? "It holds no lock." : `It holds: ${locks.map((lock) => `\`${lock}\``).join(", ")}.`;
  return [
    "## Afterwards: give its locks back",
    "",
    `${held} When the orchestrator is up again, an admin ends the run with the world as it stands. That gives its locks`,
    "back, and writes who and why into its ledger:",
    "",
    "```",
    again(["run", "abandon", view.run, "--why", "done by hand"]),
    "```",
    "",
  ];
}

function block(lines: readonly string[]): string[] {
  return ["```bash", ...lines, "```", ""];
}

function inputWords(input: Json): string {
  if (typeof input !== "object" || input === null) return "";
  return shellCommand(
    Object.entries(input).map(
      ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    ),
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
