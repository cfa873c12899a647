/** How a run leaves its straight path. Each class is named by what the engine does next. */
import type { GuardVerdict } from "../domain/guards/guard.ts";
import type { JsonObject } from "../domain/json.ts";
import type { PersonsCommand } from "../ports/journal.ts";

/** Nothing may be done as asked; what has been done so far is undone to the last good point. */
export class Refusal extends Error {
  readonly facts: JsonObject;
  readonly guards: readonly GuardVerdict[];

  constructor(why: string, facts: JsonObject = {}, guards: readonly GuardVerdict[] = []) {
    super(why);
    this.name = "Refusal";
    this.facts = facts;
    this.guards = guards;
  }
}

/** A step did not do what it is for; undo to the last good point. */
export class StepFailed extends Error {
  readonly facts: JsonObject;

  constructor(why: string, facts: JsonObject = {}) {
    super(why);
    this.name = "StepFailed";
    this.facts = facts;
  }
}

/** The world is not as the approved plan found it: somebody else acts. People decide; undo takes back only what is ours. */
export class Drifted extends StepFailed {
  constructor(why: string, facts: JsonObject) {
    super(why, facts);
    this.name = "Drifted";
  }
}

/** The objective was missed during a hold, or nobody watched. */
export class Breach extends StepFailed {
  constructor(why: string, facts: JsonObject) {
    super(why, facts);
    this.name = "Breach";
  }
}

/** Somebody asked for the way back; undo to the last good point. */
export class UndoAsked extends StepFailed {
  constructor({ by, why }: PersonsCommand) {
    super(`${by} had it undone${why === "" ? "" : `: ${why}`}`, { by });
    this.name = "UndoAsked";
  }
}

/** Somebody ended the run where it stands: nothing more is done, and nothing is undone. */
export class Cancelled extends Error {
  readonly by: string;

  constructor({ by, why }: PersonsCommand) {
    super(why);
    this.name = "Cancelled";
    this.by = by;
  }
}

/** Another run has taken a lock of this one: nothing more is done, and nothing is undone. */
export class Superseded extends Error {
  readonly lock: string;
  /** The run that has the lock; null where nobody said so. */
  readonly byRun: string | null;

  constructor(lock: string, byRun: string | null) {
    super(`lock "${lock}" was taken${byRun === null ? "" : ` by ${byRun}`}`);
    this.name = "Superseded";
    this.lock = lock;
    this.byRun = byRun;
  }
}

/** Somebody has this step left out. */
export class Skipped extends Error {
  constructor({ by, why }: PersonsCommand) {
    super(`${by} left it out: ${why}`);
    this.name = "Skipped";
  }
}
