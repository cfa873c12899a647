/** Runs as the server offers them: started, followed and approved; every answer is derived from ledgers. */
import type { JsonObject } from "../domain/json.ts";
import { isAuditLedger, type LedgerEvent } from "../domain/ledger.ts";
import type { RunView } from "../engine/views.ts";
import { viewOf } from "../engine/views.ts";
import { waitsForApproval } from "../domain/waiting.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { RunEngine } from "../ports/run-engine.ts";
import { ApiError } from "./api/errors.ts";
import { requireAnotherHuman } from "./approvers.ts";
import { type Caller, requireRole } from "./identity.ts";
import type { Ground } from "./version-gate.ts";

export type RunsDependencies = {
  readonly runs: RunEngine;
  readonly store: LedgerStore;
  readonly clock: Clock;
  /** What a run begins with, and goes on with or not at all. */
  readonly ground: Ground;
  readonly approvalForMs: number;
  /** The installation that signed the run's record, when it is another than this one; null otherwise. */
  readonly signedElsewhere: (run: string, signal: AbortSignal) => Promise<string | null>;
  /** Who is behind a name; null when it is not known. */
  readonly humanNamed: (name: string) => string | null;
  newId(runbook: string): string;
};

export type StartOrder = {
  readonly runbook: string;
  readonly input: JsonObject;
  readonly planHash: string | null;
  readonly waitForLocks: boolean;
  readonly preempt: boolean;
  readonly overrides: readonly string[];
};

/** Answers the run's id as soon as the durable engine has taken it. */
export async function startRun(
  of: RunsDependencies,
  order: StartOrder,
  caller: Caller,
  signal: AbortSignal,
): Promise<string> {
  requireRole(caller, order.preempt ? "admin" : "operator");
  const run = of.newId(order.runbook);
  const { name: requestedBy, human: requestedByHuman } = caller;
  await of.runs.start(
    run,
    { ...order, overrides: [...order.overrides], requestedBy, requestedByHuman, ...of.ground },
    signal,
  );
  return run;
}

/** The events of every run, in no order. */
export async function allLedgers({ store }: RunsDependencies): Promise<(readonly LedgerEvent[])[]> {
  const ledgers: (readonly LedgerEvent[])[] = [];
  for (const run of await store.runs()) {
    // A damaged ledger is `ledger verify`'s to name; it must not hide the other runs.
    if (!isAuditLedger(run)) ledgers.push(await store.read(run).catch(() => []));
  }
  return ledgers;
}

export async function listRuns(of: RunsDependencies): Promise<RunView[]> {
  const views = (await allLedgers(of)).flatMap((events) => viewOf(events) ?? []);
  return views.sort((left, right) => right.startedAtMs - left.startedAtMs);
}

export async function showRun(of: RunsDependencies, run: string): Promise<RunView> {
  const view = viewOf(await of.store.read(run));
  if (view !== null && !isAuditLedger(run)) return view;
  throw new ApiError("not-found", {
    what: `there is no run "${run}"`,
    why: "no ledger has that name",
    next: "wildcam run list",
  });
}

/** A run that is this installation's to tell anything: what was copied here can be looked at, and no more. */
export async function requireOurs(of: RunsDependencies, run: string, signal: AbortSignal): Promise<RunView> {
  const view = await showRun(of, run);
  const elsewhere = await of.signedElsewhere(run, signal);
  if (elsewhere === null) return view;
  throw new ApiError("refused", {
    what: `${run} is not a run of this installation`,
    why: `its record was signed by ${elsewhere}`,
    next: `wildcam ledger verify ${run}`,
  });
}

const POLL_MS = 50;

/** Events after `after`; waits up to `waitMs` for one, unless the run has ended. */
export async function eventsAfter(
  of: RunsDependencies,
  run: string,
  want: { readonly after: number; readonly waitMs: number },
  signal: AbortSignal,
): Promise<LedgerEvent[]> {
  if (isAuditLedger(run)) await showRun(of, run);
  const untilMs = of.clock.now() + want.waitMs;
  for (;;) {
    const events = await of.store.read(run);
    const fresh = events.slice(want.after + 1);
    const ended = events.at(-1)?.type === "run-ended";
    if (fresh.length > 0 || ended) return fresh;
    if (of.clock.now() >= untilMs) {
      if (events.length === 0) await showRun(of, run);
      return [];
    }
    await of.clock.sleep(POLL_MS, signal);
  }
}

export type PendingApproval = {
  readonly run: string;
  readonly runbook: string;
  readonly input: RunView["input"];
  readonly hash: string;
  readonly requestedBy: string;
  readonly count: number;
  readonly givenBy: readonly string[];
  readonly against: readonly string[];
  readonly untilMs: number;
};

export async function pendingApprovals(of: RunsDependencies): Promise<PendingApproval[]> {
  const waiting = (await listRuns(of)).filter(waitsForApproval);
  const pending: PendingApproval[] = [];
  for (const view of waiting) {
    const { run, runbook, input, planHash, requestedBy, approvalsNeeded, approvedBy, against } = view;
    pending.push({
      run,
      runbook,
      input,
      hash: planHash ?? "",
      requestedBy,
      count: approvalsNeeded,
      givenBy: approvedBy,
      against,
      untilMs: view.untilMs ?? 0,
    });
  }
  return pending;
}

export type Decision = {
  readonly run: string;
  readonly hash: string;
  readonly decision: "approve" | "reject";
  readonly why: string;
  /** How long from now the first act may take to begin, and the last one; null: as long as an approval is waited for. */
  readonly startWithinMs: number | null;
  readonly finishWithinMs: number | null;
};

/** The engine checks all of this again; here it is said to whoever asks, before anything is told to the run. */
export async function decideApproval(
  of: RunsDependencies,
  decision: Decision,
  caller: Caller,
  signal: AbortSignal,
): Promise<void> {
  const { run } = decision;
  requireRole(caller, "approver");
  const view = await requireOurs(of, run, signal);
  if (!waitsForApproval(view)) {
    throw refused(`${run} waits for nobody`, `it is ${view.state}`, `wildcam run show ${run}`);
  }
  if (view.planHash !== decision.hash) {
    throw refused(
      `${decision.hash.slice(0, 12)} is not the hash of the run's plan`,
      `the plan is ${view.planHash ?? "not made yet"}`,
      `wildcam run show ${run}`,
    );
  }
  if (decision.decision === "approve")
    requireAnotherHuman(view, await of.store.read(run), caller, of.humanNamed);
  const atMs = of.clock.now();
  const said = { by: caller.name, human: caller.human, why: decision.why, atMs };
  const startByMs = atMs + (decision.startWithinMs ?? of.approvalForMs);
  const finishByMs = atMs + (decision.finishWithinMs ?? of.approvalForMs);
  const command =
    decision.decision === "approve"
      ? ({ type: "approve", hash: decision.hash, startByMs, finishByMs, ...said } as const)
      : ({ type: "reject", ...said } as const);
  await of.runs.tell(run, command, signal);
}

function refused(what: string, why: string, next: string): ApiError {
  return new ApiError("refused", { what, why, next });
}
