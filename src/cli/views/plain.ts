/** For people, and for logs of jobs: a line a transition, and a sign of life every 10 s. */
import type { Io } from "../context.ts";
import { eventLine } from "./event-line.ts";
import { problemLines } from "./problem-lines.ts";
import { elapsedText, styleFor } from "./style.ts";
import type { Beat, View } from "./view.ts";

const HEARTBEAT_MS = 10_000;

export function plainView(io: Io): View {
  const style = styleFor(io);
  const print = (lines: readonly string[]) => {
    for (const line of lines) io.out(`${line}\n`);
  };
  return {
    beatMs: HEARTBEAT_MS,
    show: (shown) => print(shown.text(style)),
    message: (line) => io.err(`${line}\n`),
    event: (event) => {
      const line = eventLine(event, style);
      if (line !== null) print([line]);
    },
    stands: () => {},
    beat: (beat) => print([`${style.clock(io.now())}  ${"...".padEnd(9)} ${beatText(beat)}`]),
    fail: (problem) => {
      for (const line of problemLines(problem)) io.err(`${line}\n`);
    },
    close: () => {},
  };
}

/** `holding: watch the objective after shift 1 of 2; 3 of 12 acts proved, 1:05 so far` */
export function beatText({ view, elapsedMs }: Beat): string {
  if (view === null) return `taken, not begun yet, ${elapsedText(elapsedMs)} so far`;
  const acts = view.acts.planned === 0 ? "" : `; ${view.acts.verified} of ${view.acts.planned} acts proved`;
  return `${view.state}: ${view.doing}${acts}, ${elapsedText(elapsedMs)} so far`;
}
