/**
 * How a runbook is written: a pure `decide` and a plain async `run` over an operation, so that it reads like the
 * page that it replaces. `run` is also what makes the plan: it is run over an operation that only notes down.
 *
 * Invariants
 * 1. `run` branches on the answer of `read` and on `input`, on nothing else.
 * 2. `run` calls the operation's methods one after another; what goes side by side is given to `all`.
 */
import type { z } from "zod";
import type { Inventory, Profile } from "../domain/inventory/schema.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Act, Check, Hold } from "./act.ts";

export type Operation = {
  /** The facts that the run decides on. */
  read(title: string): Promise<Snapshot>;
  /** Shows, hashes and has approved all that `run` will do from here, and answers what it was given. */
  plan<T>(decided: T): Promise<T>;
  act(act: Act): Promise<void>;
  all(acts: readonly Act[]): Promise<void>;
  check(check: Check): Promise<void>;
  hold(hold: Hold): Promise<void>;
  /** A good point: what has been done so far stays, whatever fails after it. For what is better than what was before. */
  keep(title: string): Promise<void>;
  pivot(
    name: string,
    limits: { readonly deadlineMs: number },
    body: (pivot: Pivot) => Promise<void>,
  ): Promise<void>;
  notify(message: {
    readonly severity: "info" | "warning" | "critical";
    readonly text: string;
  }): Promise<void>;
};

export type Pivot = {
  act(act: Act): Promise<void>;
  check(check: Check): Promise<void>;
  /** The point of no return, exactly one in a pivot: before it a failure undoes, after it only forward. */
  commit(act: Act): Promise<void>;
};

export type OnObstacle = "ask" | "end";

export type RunbookContext = { readonly inventory: Inventory; readonly profile: Profile };

export type Runbook<Input extends JsonObject = JsonObject> = {
  readonly name: string;
  readonly summary: string;
  readonly input: z.ZodType<Input>;
  /**
   * What becomes of a run that finds the world changed by somebody else, or an act refused by a guard: people are asked, with
   * the locks kept; or it ends, gone back to its last good point, so that it can be run again on the world as it is. The
   * latter is for what must not wait: whoever started it starts it again. Left out: people are asked.
   */
  readonly onObstacle?: OnObstacle;
  /** All at the start, in canonical order. */
  locks(input: Input, context: RunbookContext): readonly string[];
  /** What input can be judged by before anything is read: unknown clouds, from = to. Words of the error, or null. */
  objection(input: Input, context: RunbookContext): string | null;
  run(op: Operation, input: Input, context: RunbookContext): Promise<void>;
};

/** A runbook with its input bound and parsed, as the engine runs it. */
export type BoundRunbook = {
  readonly name: string;
  readonly input: JsonObject;
  readonly locks: readonly string[];
  readonly onObstacle: OnObstacle;
  /** How long people are waited for before they are asked or told again. */
  readonly peopleMs: number;
  run(op: Operation): Promise<void>;
};

export type Binding =
  | { readonly ok: true; readonly bound: BoundRunbook }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Parses `raw` and binds it; bad input is answered, not thrown. */
export type AnyRunbook = {
  readonly name: string;
  readonly summary: string;
  bind(raw: unknown, context: RunbookContext): Binding;
};

export function runbook<Input extends JsonObject>(definition: Runbook<Input>): AnyRunbook {
  return {
    name: definition.name,
    summary: definition.summary,
    bind(raw, context) {
      const parsed = definition.input.safeParse(raw);
      if (!parsed.success) {
        return {
          ok: false,
          problems: parsed.error.issues.map(
            (issue) => `${issue.path.join(".") || "input"}: ${issue.message}`,
          ),
        };
      }
      const input = parsed.data;
      const objection = definition.objection(input, context);
      if (objection !== null) return { ok: false, problems: [objection] };
      const locks = [...definition.locks(input, context)].sort();
      return {
        ok: true,
        bound: {
          name: definition.name,
          input,
          locks,
          onObstacle: definition.onObstacle ?? "ask",
          peopleMs: context.profile.approvalFor,
          run: (op) => definition.run(op, input, context),
        },
      };
    },
  };
}
