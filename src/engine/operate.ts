/**
 * The live operation: what a runbook's words do when the run is for real.
 *
 * Invariants
 * 1. Nothing is acted before the plan is approved.
 * 2. Before a pivot's commit a failure leaves by undo; from the commit on nothing throws but a programming error.
 */
import type { Snapshot } from "../domain/snapshot.ts";
import type { Act, Check, Proof } from "./act.ts";
import { approve, requireApproval } from "./approve.ts";
import { obey, pauseBeforeRetry, pauseIfAsked } from "./control.ts";
import { Refusal, Skipped, StepFailed } from "./failures.ts";
import { holdRun } from "./hold.ts";
import { hearKept, keepAsPlanned, sealLocks, unsealLocks } from "./locks.ts";
import { tellPeople } from "./notices.ts";
import { callPeopleWhenLate, noteOnce, requireInTime } from "./late.ts";
import type { Mode } from "./branch.ts";
import { performActs } from "./perform.ts";
import { isAct, type Plan, planRun, refusalsIn } from "./planning.ts";
import type { Run } from "./run.ts";
import type { Operation, Pivot } from "./runbook.ts";
import { readSection, readSnapshot, untilProved } from "./world.ts";

const CHECK_POLL_MS = 25;

export function liveOperation(run: Run): Operation {
  return {
    read: (title) => read(run, title),
    plan: async (decided) => {
      await settlePlan(run);
      return decided;
    },
    act: (act) => performActs(run, [act], "forward"),
    all: (acts) => performActs(run, acts, "forward"),
    check: (check) => examine(run, check, "forward"),
    hold: (hold) => holdRun(run, hold),
    keep: async (title) => {
      run.sequence += 1;
      run.begun = [];
      run.record.note("good-point", { step: run.sequence, title });
    },
    pivot: (name, limits, body) => runPivot(run, name, limits.deadlineMs, body),
    notify: async ({ severity, text }) => {
      await hearKept(run);
      run.sequence += 1;
      const ok = await tellPeople(run, { key: String(run.sequence), severity, text });
      run.record.note("notified", { step: run.sequence, severity, text, ok });
    },
  };
}

async function read(run: Run, title: string): Promise<Snapshot> {
  run.sequence += 1;
  const { retries } = run.engine;
  for (let tries = 1; ; tries += 1) {
    const { settled: facts, heard } = await run.record.hearing(
      `${run.sequence} read: ${title}`,
      (signal) => readSnapshot(run.engine.world, signal),
      run.commands,
    );
    await hearKept(run);
    if (await obey(run, heard)) continue;
    if (facts.ok) {
      run.facts = facts.value;
      run.record.note("read", { step: run.sequence, name: title });
      return facts.value;
    }
    if (tries > retries.most)
      throw new StepFailed(`cannot read "${title}": ${facts.error.message}`, facts.error.facts);
    // Without what it reads the run has nothing to go on from.
    await pauseBeforeRetry(run, tries, false);
  }
}

async function settlePlan(run: Run): Promise<void> {
  if (run.facts === null) throw new Error("a runbook must read the world before it plans");
  const plan = await planRun(run.bound, run.facts, run.engine.planning);
  const acts = plan.steps.filter(isAct);
  run.record.note("planned", {
    hash: plan.hash,
    codeVersion: plan.codeVersion,
    inventoryDigest: plan.inventoryDigest,
    primaries: plan.primaries,
    policyVersion: plan.policyVersion,
    locksForMs: plan.locksForMs,
    steps: plan.steps.map((step) => ({
      kind: step.kind,
      title: step.title,
      pivot: step.pivot,
      forMs: isAct(step) ? null : step.forMs,
    })),
    acts: acts.map(({ title, op, target, params, before, after, undoable, byHand }) => ({
      name: title,
      op,
      target,
      params,
      before,
      after,
      undoable,
      byHand,
    })),
    guards: acts.flatMap(({ op, guards }) =>
      guards.map(({ guard, verdict, why }) => ({ op, guard, verdict, why })),
    ),
  });
  if (run.request.planHash !== null && run.request.planHash !== plan.hash) {
    throw new Refusal(
      "the plan that was shown is stale: the world, the inventory or the code has changed since",
      {
        shown: run.request.planHash,
        now: plan.hash,
      },
    );
  }
  requireGuards(run, plan);
  keepAsPlanned(run, plan.locksForMs);
  await approve(run, plan);
  run.planned = acts;
}

/** Only what the plan shows to be refused is overridden: people approve what they see, and no guard is off unseen. */
function requireGuards(run: Run, plan: Plan): void {
  const { overrides } = run.request;
  const found = refusalsIn(plan);
  const refusals = found.filter(({ guard }) => !overrides.includes(guard));
  if (refusals.length > 0) {
    throw new Refusal(refusals.map(({ guard, why }) => `${guard}: ${why}`).join("; "), {}, refusals);
  }
  const idle = overrides.filter((name) => !found.some(({ guard }) => guard === name));
  if (idle.length > 0) {
    throw new Refusal(`there is nothing to override: ${idle.join(", ")} does not refuse this plan`, {
      overrides: [...overrides],
      next: "the same without --override",
    });
  }
}

async function examine(run: Run, check: Check, mode: Mode): Promise<void> {
  await hearKept(run);
  run.sequence += 1;
  const step = run.sequence;
  try {
    await untilItHolds(run, check, mode, step);
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    run.record.note("step-skipped", { step, name: check.title, why: error.message });
  }
}

async function untilItHolds(run: Run, check: Check, mode: Mode, step: number): Promise<void> {
  if (holdsAlready(run, check, step)) return;
  run.fresh = null;
  for (let tries = 1; ; tries += 1) {
    const { settled: proof, heard } = await run.record.hearing(
      `${step} check: ${check.title}`,
      (signal) => look(run, check, signal),
      run.commands,
    );
    if (await obey(run, heard)) continue;
    const evidence = proof.ok ? proof.value.evidence : { error: proof.error.message };
    if (proof.ok && proof.value.ok) {
      run.record.note("check-passed", { step, name: check.title, evidence });
      return;
    }
    noteOnce(run, "check-failed", { step, name: check.title, evidence });
    if (mode !== "committed") throw new StepFailed(`check "${check.title}" did not hold`, evidence);
    await callPeopleWhenLate(run, check.title);
    await pauseBeforeRetry(run, tries);
  }
}

/** Of what was just read, in the window of blocked writes: a second reading there would only make it longer. */
function holdsAlready(run: Run, check: Check, step: number): boolean {
  if (run.pivot === null || run.facts === null || run.fresh !== check.section || !("judge" in check))
    return false;
  const { ok, evidence } = check.judge(run.facts);
  if (ok) run.record.note("check-passed", { step, name: check.title, evidence });
  return ok;
}

async function look(run: Run, check: Check, signal: AbortSignal): Promise<Proof> {
  const { world } = run.engine;
  const base = run.facts ?? (await readSnapshot(world, signal));
  const untilMs = world.clock.now() + check.deadlineMs;
  return await untilProved(
    async () => {
      const facts = await readSection(world, base, check.section, signal);
      return "judge" in check ? check.judge(facts) : await check.examine(facts, world, signal);
    },
    { world, untilMs, pollMs: CHECK_POLL_MS, signal },
  );
}

async function runPivot(
  run: Run,
  name: string,
  deadlineMs: number,
  body: (pivot: Pivot) => Promise<void>,
): Promise<void> {
  await beforePivot(run);
  // The deadline before the commit and the drive behind it end the pivot; a lock that lapsed in it would leave writes blocked.
  await sealLocks(run, "a pivot is under way");
  let committed = false;
  run.record.note("pivot-started", { name, deadlineMs });
  run.pivot = "open";
  run.pivotUntilMs = run.record.nowMs + deadlineMs;
  const inTime = () => {
    if (!committed) requireInTime(run);
  };
  const act = async (one: Act, mode: Mode) => {
    inTime();
    await performActs(run, [one], mode);
  };
  await body({
    act: (one) => act(one, committed ? "committed" : "forward"),
    check: async (check) => {
      inTime();
      await examine(run, check, committed ? "committed" : "forward");
    },
    commit: async (one) => {
      if (committed) throw new Error(`the pivot "${name}" commits twice`);
      await act(one, "commit");
      committed = true;
      run.pivot = "committed";
      // Nothing undoes across a commit: this is the last good point from here on.
      run.begun = [];
      run.record.note("pivot-committed", { name });
    },
  });
  if (!committed) throw new Error(`the pivot "${name}" has no commit`);
  run.pivot = null;
  run.overdue = null;
  run.record.note("pivot-finished", { name });
  await unsealLocks(run);
  await pauseIfAsked(run);
}

/** The last moment at which people can stop it, and at which an approval can lapse: in the pivot there is none. */
async function beforePivot(run: Run): Promise<void> {
  await hearKept(run);
  while ((await obey(run, await run.journal.peek(run.commands))) || (await requireApproval(run)));
}
