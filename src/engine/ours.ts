/**
 * What of the world is this run's own doing: by target the states in which its acts found it, and in which they were to
 * leave it. An undo acts only where one of them stands.
 */
import { canonicalJson } from "../domain/canonical.ts";
import type { Json } from "../domain/json.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Act } from "./act.ts";
import { Drifted } from "./failures.ts";
import type { Run } from "./run.ts";

export function nowOurs(run: Run, { target }: Act, state: Json): void {
  const known = run.left.get(target) ?? [];
  run.left.set(target, [...known, state]);
}

/**
 * The compare of an undo's compare-and-set: what stands is a state that one of this run's acts found there or left, so also
 * what an act left that failed half done.
 */
export function requireOurs(run: Run, act: Act, facts: Snapshot): void {
  if (isOurs(run, act, facts)) return;
  throw new Drifted(
    `${act.target} is not as this run left it: somebody else changed it, or it cannot be read`,
    {
      op: act.op,
      target: act.target,
      left: [...(run.left.get(act.target) ?? [])],
      now: act.before(facts),
    },
  );
}

/** A target of which nothing is known was not touched by this run: there is nothing that could be trampled. */
export function isOurs(run: Run, act: Act, facts: Snapshot): boolean {
  const now = canonicalJson(act.before(facts));
  return run.left.get(act.target)?.some((state) => canonicalJson(state) === now) ?? true;
}
