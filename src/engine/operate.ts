/**
 * The live operation: what a runbook's words do when the run is for real.
 *
 * Invariants
 * 1. Nothing is acted before the plan is approved.
 * 2. Before a pivot's commit a failure leaves by undo; from the commit on nothing throws but a programming error.
 */
import type { Snapshot } from "../domain/snapshot.ts";
import type { Act, Check, Proof } from "./act.ts";
import { approve } from "./approve.ts";
import { Refusal, StepFailed } from "./failures.ts";
import { holdRun } from "./hold.ts";
import { type Mode, pauseBeforeRetry, performActs } from "./perform.ts";
import { isAct, planRun, refusalsIn } from "./planning.ts";
import type { Run } from "./run.ts";
import type { Operation, Pivot } from "./runbook.ts";
import { readSection, readSnapshot } from "./world.ts";

export function liveOperation(run: Run): Operation {
  return {
    read: (title) => read(run, title),
    plan: async (decided) => {
      await settlePlan(run);
      return decided;
    },
    act: (act) => performActs(run, [act], "forward"),
    all: (acts) => performActs(run, acts, "forward"),
    check: (check) => examine(run, check, "forward", null),
    hold: (hold) => holdRun(run, hold),
    pivot: (name, limits, body) => runPivot(run, name, limits.deadlineMs, body),
    notify: async ({ severity, text }) => {
      run.sequence += 1;
      const message = { key: `${run.request.run}/${run.sequence}`, severity, to: "on-call", text };
      const sent = await run.record.effect(`${run.sequence} notify`, async (signal) => {
        await run.engine.world.notify.send(message, signal);
        return null;
      });
      run.record.note("notified", { step: run.sequence, severity, text, ok: sent.ok });
    },
  };
}

async function read(run: Run, title: string): Promise<Snapshot> {
  run.sequence += 1;
  const { retries } = run.engine;
  for (let tries = 1; ; tries += 1) {
    const facts = await run.record.effect(`${run.sequence} read: ${title}`, (signal) =>
      readSnapshot(run.engine.world, signal),
    );
    if (facts.ok) {
      run.facts = facts.value;
      run.record.note("read", { step: run.sequence, name: title });
      return facts.value;
    }
    if (tries > retries.most)
      throw new StepFailed(`cannot read "${title}": ${facts.error.message}`, facts.error.facts);
    await pauseBeforeRetry(run, tries);
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
    steps: plan.steps.map((step) => ({ kind: step.kind, title: step.title, pivot: step.pivot })),
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
  const refusals = refusalsIn(plan);
  if (refusals.length > 0) {
    throw new Refusal(refusals.map(({ guard, why }) => `${guard}: ${why}`).join("; "), {}, refusals);
  }
  await approve(run, plan);
  run.planned = acts;
}

async function examine(run: Run, check: Check, mode: Mode, untilMs: number | null): Promise<void> {
  run.sequence += 1;
  const step = run.sequence;
  for (let tries = 1; ; tries += 1) {
    const proof = await run.record.effect(`${step} check: ${check.title}`, (signal) =>
      look(run, check, signal),
    );
    const evidence = proof.ok ? proof.value.evidence : { error: proof.error.message };
    if (proof.ok && proof.value.ok) {
      run.record.note("check-passed", { step, name: check.title, evidence });
      return;
    }
    run.record.note("check-failed", { step, name: check.title, evidence });
    const late = untilMs !== null && run.record.nowMs >= untilMs;
    if (mode !== "committed" || late) throw new StepFailed(`check "${check.title}" did not hold`, evidence);
    await pauseBeforeRetry(run, tries);
  }
}

async function look(run: Run, check: Check, signal: AbortSignal): Promise<Proof> {
  const { world } = run.engine;
  const base = run.facts ?? (await readSnapshot(world, signal));
  const untilMs = world.clock.now() + check.deadlineMs;
  for (;;) {
    const proof = await check.examine(await readSection(world, base, check.section, signal), world, signal);
    if (proof.ok || world.clock.now() >= untilMs) return proof;
    await world.clock.sleep(25, signal);
  }
}

async function runPivot(
  run: Run,
  name: string,
  deadlineMs: number,
  body: (pivot: Pivot) => Promise<void>,
): Promise<void> {
  const untilMs = run.record.nowMs + deadlineMs;
  let committed = false;
  run.record.note("pivot-started", { name, deadlineMs });
  const inTime = () => {
    if (!committed && run.record.nowMs > untilMs)
      throw new StepFailed(`the pivot "${name}" passed its deadline before its commit`, { deadlineMs });
  };
  const act = async (one: Act, mode: Mode) => {
    inTime();
    await performActs(run, [one], mode);
  };
  await body({
    act: (one) => act(one, committed ? "committed" : "forward"),
    check: async (check) => {
      inTime();
      await examine(run, check, committed ? "committed" : "forward", null);
    },
    commit: async (one) => {
      if (committed) throw new Error(`the pivot "${name}" commits twice`);
      await act(one, "commit");
      committed = true;
      // Nothing undoes across a commit: this is the last good point from here on.
      run.begun = [];
      run.record.note("pivot-committed", { name });
    },
  });
  if (!committed) throw new Error(`the pivot "${name}" has no commit`);
  run.record.note("pivot-finished", { name });
}
