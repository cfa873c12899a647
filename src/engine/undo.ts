/**
 * Undo: acts in reverse, from where the run stands to the last good point.
 *
 * Invariants
 * 1. Each undo is an act like any other: guarded, keyed, proved; and it acts only where the world is as ours left it. What is
 *    not may be unreadable only, and is looked at again a few times first.
 * 2. A commit that was refused comes first: a try of it that lies somewhere unheard of, as with a worker that froze, must not
 *    take effect beside what the way back starts again.
 * 3. One that cannot be done stops the undo there: what is left is said, locks are kept, people are told and decide:
 *    try again, leave this one out for a reason, or leave all as it is.
 */
import { ask } from "./control.ts";
import { Cancelled, Refusal, StepFailed } from "./failures.ts";
import { sealLocks } from "./locks.ts";
import { performActs } from "./perform.ts";
import type { Begun, Run } from "./run.ts";

type Trouble = { readonly why: string; readonly facts: StepFailed["facts"] };

/** Throws Cancelled when people leave it half done, Superseded. */
export async function undoToLastGoodPoint(run: Run): Promise<void> {
  if (run.begun.length === 0) return;
  // Half a way back is the worst place to lose the locks; what cannot be finished waits for people with them.
  await sealLocks(run, "it goes back");
  run.undoing = true;
  run.pivot = null;
  run.record.note("undo-started", { acts: titlesOf(run) });
  for (let last = run.begun.at(-1); last !== undefined; last = run.begun.at(-1)) {
    const trouble = await undoOne(run, last);
    if (trouble === null || (await leftOut(run, last, trouble))) run.begun.pop();
  }
  run.undoing = false;
  run.record.note("undone", {});
}

async function undoOne(run: Run, { act, before, refused }: Begun): Promise<Trouble | null> {
  const wayBack = refused === true ? (act.withdraw?.(before) ?? "never") : act.undo(before);
  if (wayBack === null) return null;
  if (wayBack === "never") return { why: `"${act.title}" cannot be taken back`, facts: {} };
  try {
    await performActs(run, [wayBack], "undo");
    return null;
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof Refusal)) throw error;
    return { why: error.message, facts: error.facts };
  }
}

/** Whether people leave it out; otherwise it is tried again. */
async function leftOut(run: Run, begun: Begun, { why, facts }: Trouble): Promise<boolean> {
  run.record.note("undo-failed", { why, facts, left: titlesOf(run) });
  const decision = await ask(run, {
    state: "undo-incomplete",
    why,
    facts: { ...facts, left: titlesOf(run) },
    offers: ["retry", "skip", "cancel"],
    guards: [],
    owner: "on-call",
  });
  if (decision.type === "cancel") throw new Cancelled(decision);
  if (decision.type !== "skip") return false;
  run.record.note("step-skipped", { name: `undo of ${titleOf(begun)}`, why: decision.why }, decision.by);
  return true;
}

/** Newest first. */
function titlesOf({ begun }: Pick<Run, "begun">): string[] {
  return begun.map(titleOf).reverse();
}

export function titleOf({ act, refused }: Begun): string {
  return refused === true ? `${act.title}, which was refused` : act.title;
}
