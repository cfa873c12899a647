/** How a run leaves its straight path. Each class is named by what the engine does next. */
import type { GuardVerdict } from "../domain/guards/guard.ts";
import type { JsonObject } from "../domain/json.ts";

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

/** The world is not as the approved plan found it: somebody else acts. Undo only what is still ours. */
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
