/**
 * One run from its beginning to a named end.
 *
 * Invariants
 * 1. Every run ends in a named outcome with its ledger written; a bug of ours ends it as `failed` with locks kept,
 *    because nobody knows what stands.
 * 2. What refuses before anything was touched ends `refused`; what fails later is undone to the last good point.
 * 3. A run that is cancelled or superseded leaves the world as it stands, and says what of it is its doing.
 * 4. Locks are given back at every end but one by a fault of this program.
 */
import type { JsonObject } from "../domain/json.ts";
import type { Journal } from "../ports/journal.ts";
import { refuseTheRest } from "./control.ts";
import { Cancelled, Refusal, StepFailed, Superseded, UndoAsked } from "./failures.ts";
import { releaseLocks, sealLocks, takeLocks } from "./locks.ts";
import { liveOperation } from "./operate.ts";
import { Record } from "./record.ts";
import type { EngineDependencies, Run, RunRequest } from "./run.ts";
import type { BoundRunbook } from "./runbook.ts";
import { titleOf, undoToLastGoodPoint } from "./undo.ts";

export type Outcome = "completed" | "refused" | "undone" | "failed" | "cancelled" | "superseded";

export type RunEnd = { readonly outcome: Outcome; readonly why: string; readonly facts: JsonObject };

export async function executeRun(
  journal: Journal,
  engine: EngineDependencies,
  bound: BoundRunbook,
  request: RunRequest,
): Promise<RunEnd> {
  const record = new Record(journal, engine.stores);
  const run: Run = {
    request,
    bound,
    journal,
    record,
    engine,
    epochs: new Map(),
    lockUntilMs: null,
    keeping: null,
    sealed: false,
    begun: [],
    left: new Map(),
    planned: [],
    facts: null,
    sequence: 0,
    commands: 0,
    waits: 0,
    pauseAsked: null,
    pivot: null,
    pivotUntilMs: 0,
    overdue: null,
    lastFailure: "",
    undoing: false,
    approval: null,
    inDoubt: null,
    fresh: null,
    touched: false,
  };
  const began = await record.effect("begin", async () => null);
  const { requestedBy, profile } = request;
  record.note(
    "run-started",
    {
      runbook: bound.name,
      input: bound.input,
      requestedBy,
      profile,
      requestedByHuman: request.requestedByHuman,
      ...(request.overrides.length === 0 ? {} : { overrides: [...request.overrides] }),
      ...(request.automatic === null ? {} : { automatic: { ...request.automatic } }),
      ...versionOf(engine),
      beganMs: began.atMs,
    },
    requestedBy,
  );
  const end = await toItsEnd(run);
  await refuseTheRest(run);
  record.note("run-ended", {
    outcome: end.outcome,
    why: end.why,
    facts: end.facts,
    durationMs: record.nowMs - began.atMs,
  });
  await writeLast(run);
  return end;
}

/** What the run goes on with, or not at all (design: versions). */
function versionOf({ planning }: EngineDependencies): JsonObject {
  return { codeVersion: planning.codeVersion, inventoryDigest: planning.inventoryDigest };
}

async function toItsEnd(run: Run): Promise<RunEnd> {
  try {
    return await straight(run);
  } catch (error) {
    if (error instanceof Cancelled || error instanceof Superseded) return await letGo(run, error);
    return await failByFault(run, error);
  }
}

async function straight(run: Run): Promise<RunEnd> {
  try {
    await takeLocks(run);
    await run.bound.run(liveOperation(run));
    await releaseLocks(run);
    return { outcome: "completed", why: "", facts: {} };
  } catch (error) {
    if (error instanceof Refusal || error instanceof StepFailed) return await leave(run, error);
    throw error;
  }
}

/** As it stands: `left` are acts since the last good point that nobody takes back now, `inDoubt` one that may still take effect. */
async function letGo(run: Run, cause: Cancelled | Superseded): Promise<RunEnd> {
  const facts = { left: run.begun.map(titleOf), inDoubt: run.inDoubt };
  const outcome = cause instanceof Cancelled ? "cancelled" : "superseded";
  const said = cause instanceof Cancelled ? { by: cause.by } : { lock: cause.lock, byRun: cause.byRun };
  const pivot = run.pivot === null ? {} : { pivot: run.pivot };
  await releaseLocks(run);
  return { outcome, why: cause.message, facts: { ...facts, ...said, ...pivot } };
}

/** A fault of this program: where something was touched nobody knows what stands, so the locks stay. */
async function failByFault(run: Run, error: unknown): Promise<RunEnd> {
  const why = error instanceof Error ? error.message : String(error);
  if (run.touched) await keepForPeople(run);
  else await releaseLocks(run);
  const locksKept = [...run.epochs.keys()];
  run.record.note("failed", { why, fault: "of this program", locksKept });
  return { outcome: "failed", why, facts: { locksKept } };
}

async function keepForPeople(run: Run): Promise<void> {
  try {
    await sealLocks(run, "the program failed: people decide");
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
  }
}

async function leave(run: Run, cause: Refusal | StepFailed): Promise<RunEnd> {
  const refused = cause instanceof Refusal;
  const guards = refused ? cause.guards.map((guard) => ({ ...guard })) : [];
  run.record.note(refused ? "refused" : "failed", {
    why: cause.message,
    kind: cause.name,
    facts: cause.facts,
    guards,
  });
  await undoToLastGoodPoint(run);
  await releaseLocks(run);
  // Going back is what was asked for, also where there was nothing to take back.
  const wentBack = run.touched || cause instanceof UndoAsked;
  const outcome = wentBack ? "undone" : refused ? "refused" : "failed";
  return { outcome, why: cause.message, facts: { ...cause.facts, guards } };
}

/** Until its end is in every store, a run has not ended. */
async function writeLast(run: Run): Promise<void> {
  while (!(await run.record.stored())) await run.journal.sleep(run.engine.retries.lastMs);
}
