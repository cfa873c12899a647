/** Exit codes, the one place for them: scripts and people's habits depend on these numbers. */
import type { RunState } from "../engine/views.ts";

export const EXIT = {
  ok: 0,
  failed: 1,
  malformed: 2,
  refused: 3,
  notAllowed: 4,
  undone: 5,
  undoIncomplete: 6,
  unreachable: 7,
  waiting: 8,
  cancelled: 9,
  /** Ctrl-C while following, as shells say it: how the run ends is not known, so this must not look like success. */
  interrupted: 130,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** What the API may say of a run: also the ends that only later versions of the engine have. */
export type ShownState = RunState | "cancelled" | "superseded";

/** Whether the run can still change. */
export function hasEnded(state: ShownState): boolean {
  return exitOfEnd(state) !== null;
}

/** The exit code of a run that was followed to its end; null while it has none. */
export function exitOfEnd(state: ShownState): Exit | null {
  switch (state) {
    case "completed":
      return EXIT.ok;
    case "failed":
      return EXIT.failed;
    case "refused":
      return EXIT.refused;
    case "undone":
      return EXIT.undone;
    case "undo-incomplete":
      return EXIT.undoIncomplete;
    case "cancelled":
    case "superseded":
      return EXIT.cancelled;
    case "planned":
    case "waiting-for-lock":
    case "waiting-for-people":
    case "running":
    case "holding":
    case "undoing":
      return null;
    default:
      return state satisfies never;
  }
}

/** For the help: number and meaning, in order. */
export const EXIT_MEANINGS: readonly (readonly [Exit, string])[] = [
  [EXIT.ok, "ok"],
  [EXIT.failed, "failed"],
  [EXIT.malformed, "malformed input"],
  [EXIT.refused, "refused by a guard"],
  [EXIT.notAllowed, "not allowed"],
  [EXIT.undone, "failed and undone"],
  [EXIT.undoIncomplete, "undo incomplete"],
  [EXIT.unreachable, "orchestrator unreachable"],
  [EXIT.waiting, "waiting for people"],
  [EXIT.cancelled, "cancelled or superseded"],
];
