/** Exit codes, the one place for them: scripts and people's habits depend on these numbers. */
import type { RunView } from "../engine/views.ts";

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

/** The exit code of a run that was followed to its end; null while it has none. */
export function exitOfEnd({ state, endedAtMs }: Pick<RunView, "state" | "endedAtMs">): Exit | null {
  if (endedAtMs === null) return null;
  return END_EXITS[state] ?? EXIT.failed;
}

const END_EXITS: { readonly [State in RunView["state"]]?: Exit } = {
  completed: EXIT.ok,
  refused: EXIT.refused,
  undone: EXIT.undone,
  cancelled: EXIT.cancelled,
  superseded: EXIT.cancelled,
};

/** The exit code of a run that stands still until people have done something; null while it goes on by itself. */
export function exitOfStanding({ state, owner }: Pick<RunView, "state" | "owner">): Exit | null {
  if (owner === null) return null;
  return state === "undo-incomplete" ? EXIT.undoIncomplete : EXIT.waiting;
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
