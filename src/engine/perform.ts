/**
 * Performing acts: read afresh, judge, say what is intended, do, settle, prove.
 *
 * Invariants
 * 1. What the act starts from is journalled before it is tried, and its intent is in the stores by then.
 * 2. The same key however often it is tried. An ambiguous try is settled by reading the world, never by assuming. A commit that was
 *    refused is withdrawn before anything is taken back.
 * 3. An act counts as begun from its first try, so that an undo also meets what half happened.
 * 4. In a pivot, where writes wait, the reading that proved an act is what the next one starts from: nothing of this run
 *    lies between them. Only the commit looks for itself. Words, and the loss of a lock, are heard with that reading.
 * 5. Cut off anywhere, a replay tries again under the same key; the effector answers what it has done already.
 */
import { canonicalJson } from "../domain/canonical.ts";
import { judgeChange } from "../domain/guards/catalogue.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Command, EffectFailure, Settled } from "../ports/journal.ts";
import type { EffectAnswer, Token } from "../ports/token.ts";
import type { Act } from "./act.ts";
import { requireApproval } from "./approve.ts";
import type { Branch, Mode, Proved } from "./branch.ts";
import { ask, obey, pauseBeforeRetry, pauseIfAsked } from "./control.ts";
import { Cancelled, Drifted, Refusal, Skipped, StepFailed, UndoAsked } from "./failures.ts";
import { callPeopleWhenLate, noteOnce, requireInTime } from "./late.ts";
import { hearKept, requireLock } from "./locks.ts";
import { isOurs, nowOurs, requireOurs } from "./ours.ts";
import type { Run } from "./run.ts";
import { prove, tryOnce } from "./try-act.ts";
import { readSection } from "./world.ts";

/** What was read is judged within this, ms. */
const FRESH_MS = 1_000;

export async function performActs(run: Run, acts: readonly Act[], mode: Mode): Promise<void> {
  if (acts.length === 0) return;
  run.sequence += 1;
  const step = run.sequence;
  const section = acts[0]?.section ?? "traffic";
  if (acts.some((act) => act.section !== section))
    throw new Error("acts side by side must touch one section");
  try {
    const branches = await readAndJudge(run, acts, mode);
    // Nothing of it has been tried yet. Whoever took over in between learns from that reading how late it is.
    if (mode === "commit") requireInTime(run);
    if (mode !== "undo") run.planned.splice(0, acts.length);
    intend(run, step, branches, mode);
    await doAll(run, step, branches, mode);
    await proveAll(run, step, branches, mode);
    run.inDoubt = null;
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    if (mode !== "undo") dropFromPlan(run, acts);
    run.record.note("step-skipped", {
      step,
      name: acts.map(({ title }) => title).join("; "),
      acts: acts.length,
      why: error.message,
    });
  }
}

/**
 * Reads until nothing stands in the way of acting on what was read: people's words, an approval that has lapsed, a drift,
 * a guard. Outside of a pivot people decide what becomes of the last two; in it nobody may be waited for.
 */
async function readAndJudge(run: Run, acts: readonly Act[], mode: Mode): Promise<Branch[]> {
  const overridden = overriddenBeforehand(run, acts, mode);
  for (;;) {
    const before = await readBefore(run, acts, mode);
    if (before === null) continue;
    await pauseIfAsked(run);
    const branches = acts.map((act, index) => ({
      act,
      before,
      overridden,
      token: tokenFor(run, act, index, acts.length),
    }));
    const isFree = mode === "forward" && run.pivot === null;
    if (isFree && (await requireApproval(run))) continue;
    const mayAsk = isFree && run.bound.onObstacle === "ask";
    try {
      compareWithPlan(run, branches, mode);
      judge(run, branches, mode, overridden);
      return branches;
    } catch (error) {
      if (!mayAsk || !(error instanceof Drifted || error instanceof Refusal)) throw error;
      const guard = await askAbout(run, error);
      if (guard !== null) overridden.add(guard);
    }
  }
}

/** What was approved with the plan: a guard that refuses this very act there, and no other. */
function overriddenBeforehand(run: Run, acts: readonly Act[], mode: Mode): Set<string> {
  if (mode === "undo") return new Set();
  const refusals = run.planned
    .slice(0, acts.length)
    .flatMap(({ guards }) => guards.filter(({ verdict }) => verdict === "refuse"));
  return new Set(refusals.map(({ guard }) => guard).filter((guard) => run.request.overrides.includes(guard)));
}

/** What people make of it: a guard to override, or null to look again. Throws Cancelled, Skipped, Superseded, UndoAsked. */
async function askAbout(run: Run, cause: Drifted | Refusal): Promise<string | null> {
  const refused = cause instanceof Refusal;
  const guards = refused ? cause.guards.map(({ guard }) => guard) : [];
  const decision = await ask(run, {
    state: refused ? "refused" : "drifted",
    why: cause.message,
    facts: refused ? { ...cause.facts, guards: cause.guards.map((guard) => ({ ...guard })) } : cause.facts,
    offers: ["retry", "skip", "undo", "cancel", ...(refused ? (["override"] as const) : [])],
    guards,
    owner: "on-call",
  });
  if (decision.type === "cancel") throw new Cancelled(decision);
  if (decision.type === "undo") throw new UndoAsked(decision);
  if (decision.type === "skip") throw new Skipped(decision);
  return decision.type === "override" ? decision.guard : null;
}

/** Null: the run stood still meanwhile, and what was read is old. */
async function readBefore(run: Run, acts: readonly Act[], mode: Mode): Promise<Snapshot | null> {
  const base = run.facts;
  const first = acts[0];
  if (base === null || first === undefined) throw new Error("a runbook must read the world before it acts");
  if (run.pivot !== null && mode !== "commit" && run.fresh === first.section) return base;
  for (let tries = 1; ; tries += 1) {
    const { settled: read, heard } = await run.record.hearing(
      `${run.sequence} before: ${first.op}`,
      (signal) => readSection(run.engine.world, base, first.section, signal),
      run.commands,
    );
    const isHeardBeside = run.keeping !== null;
    await hearKept(run);
    if (await obey(run, heard)) return null;
    // Its locks may have been long in answering. Asked of no other reading: clocks differ, and it would never be fresh.
    if (isHeardBeside && run.record.nowMs - read.atMs > FRESH_MS) continue;
    if (read.ok) {
      run.facts = read.value;
      const isAsLeft = mode !== "undo" || acts.every((act) => isOurs(run, act, read.value));
      if (isAsLeft || tries > run.engine.retries.most) return read.value;
      // It may only not be told for a moment, such as of a member whose agent is silent: people are called later.
      await pauseBeforeRetry(run, tries);
      continue;
    }
    if (!(await mayRetry(run, read.error, tries, mode))) {
      throw new StepFailed(
        `cannot read the world before "${first.title}": ${read.error.message}`,
        read.error.facts,
      );
    }
  }
}

function tokenFor(run: Run, act: Act, index: number, of: number): Token {
  const epoch = run.epochs.get(act.lock);
  if (epoch === undefined) throw new Error(`the runbook holds no lock "${act.lock}" for ${act.op}`);
  const branch = of > 1 ? `.${index}` : "";
  return {
    key: `${run.request.run}/${run.sequence}${branch}`,
    lock: act.lock,
    epoch,
    sequence: run.sequence,
  };
}

/** An act that is not the next one of the plan, or that starts from another state than the plan showed, does not run. */
function compareWithPlan(run: Run, branches: readonly Branch[], mode: Mode): void {
  for (const [index, { act, before }] of branches.entries()) {
    const obstacle = act.obstacle(before);
    if (obstacle !== null) throw new Drifted(obstacle, { op: act.op, target: act.target });
    if (mode === "undo") {
      requireOurs(run, act, before);
      continue;
    }
    const next = run.planned[index];
    const planned = { op: next?.op ?? null, target: next?.target ?? null, params: next?.params ?? null };
    const asked = { op: act.op, target: act.target, params: act.params };
    if (canonicalJson(planned) !== canonicalJson(asked)) {
      throw new Drifted(`"${act.title}" is not the next act of the approved plan`, { planned, asked });
    }
    if (mode === "committed" || next === undefined) continue;
    const now = act.before(before);
    if (canonicalJson(next.before) !== canonicalJson(now)) {
      throw new Drifted(`${act.target} is not as the approved plan found it`, { planned: next.before, now });
    }
  }
}

function dropFromPlan(run: Run, acts: readonly Act[]): void {
  const [next] = run.planned;
  const [act] = acts;
  if (next !== undefined && act !== undefined && next.op === act.op && next.target === act.target)
    run.planned.splice(0, acts.length);
}

function judge(run: Run, branches: readonly Branch[], mode: Mode, overridden: ReadonlySet<string>): void {
  let before = run.facts;
  for (const { act } of branches) {
    if (before === null) return;
    const after = act.expect(before);
    const verdicts = judgeChange({ before, after, policy: run.engine.guards }, act.section);
    run.record.note("guarded", {
      step: run.sequence,
      op: act.op,
      guards: verdicts.map((verdict) => ({ ...verdict })),
      ...(overridden.size === 0 ? {} : { overridden: [...overridden] }),
    });
    const refusals = verdicts.filter(({ guard, verdict }) => verdict === "refuse" && !overridden.has(guard));
    if (refusals.length > 0 && mode !== "committed") {
      throw new Refusal(
        refusals.map(({ guard, why }) => `${guard}: ${why}`).join("; "),
        { op: act.op, target: act.target },
        refusals,
      );
    }
    before = after;
  }
}

function intend(run: Run, step: number, branches: readonly Branch[], mode: Mode): void {
  for (const { act, token, before } of branches) {
    run.record.note("act-intended", {
      step,
      ...named(act),
      key: token.key,
      epoch: token.epoch,
      before: act.before(before),
      mode,
    });
    if (mode === "forward") run.begun.push({ act, before });
    nowOurs(run, act, act.before(before));
    nowOurs(run, act, act.before(act.expect(before)));
    run.inDoubt = act.title;
  }
  run.touched = true;
  run.fresh = null;
}

async function doAll(run: Run, step: number, branches: readonly Branch[], mode: Mode): Promise<void> {
  let open = branches;
  for (let tries = 1; open.length > 0; tries += 1) {
    const settled = await run.record.actions(
      open.map((branch) => ({
        name: `${step} do: ${branch.act.op}`,
        work: (signal) => tryOnce(run, branch, { mode, tries }, signal),
      })),
    );
    const failed: { branch: Branch; error: EffectFailure }[] = [];
    for (const [index, branch] of open.entries()) {
      const answer = settled[index];
      if (answer === undefined) continue;
      if (answer.ok) noteDone(run, step, branch, answer.value);
      else failed.push({ branch, error: answer.error });
    }
    const worst = failed[0];
    if (worst === undefined) return;
    for (const { branch, error } of failed) {
      noteOnce(run, "act-retried", {
        step,
        op: branch.act.op,
        target: branch.act.target,
        // Behind a commit they are not counted: what goes on in the same way for hours is said once.
        ...(run.overdue === null ? { tries } : {}),
        error: { kind: error.kind, message: error.message },
      });
    }
    await requireLock(run, worst.branch.act.lock, worst.error);
    if (!(await mayRetry(run, worst.error, tries, mode))) {
      run.record.note("act-failed", {
        step,
        ...named(worst.branch.act),
        why: worst.error.message,
        facts: worst.error.facts,
      });
      if (mode === "commit") rememberRefused(run, branches);
      throw new StepFailed(`"${worst.branch.act.title}" failed: ${worst.error.message}`, worst.error.facts);
    }
    await callPeopleWhenLate(run, worst.branch.act.title);
    open = failed.map(({ branch }) => branch);
  }
}

/** Nothing here can tell a twin: of another try than the one that was answered nothing is known. */
function rememberRefused(run: Run, branches: readonly Branch[]): void {
  for (const { act, before } of branches) run.begun.push({ act, before, refused: true });
}

function noteDone(
  run: Run,
  step: number,
  { act, token, before }: Branch,
  { result, answer }: EffectAnswer<JsonObject>,
): void {
  run.record.note("act-done", { step, ...named(act), key: token.key, result, evidence: answer });
  // What stood already is not ours: an undo must leave it alone. Only the facts from before can say so: an effector
  // may have found what an earlier try of this very act left.
  if (result === "found" && act.proof(before, before).ok)
    run.begun = run.begun.filter((begun) => begun.act !== act);
}

async function proveAll(run: Run, step: number, branches: readonly Branch[], mode: Mode): Promise<void> {
  let open = branches;
  for (let tries = 1; open.length > 0; tries += 1) {
    const { proofs, heard } = await lookForProofs(run, step, open);
    const unproved = open.filter((branch, index) => !noteProof(run, step, branch, proofs[index]));
    const worst = unproved[0];
    if (worst === undefined) {
      keepReading(run, branches, proofs);
      await obey(run, heard);
      return;
    }
    await obey(run, heard);
    if (mode === "forward" || mode === "undo")
      throw new StepFailed(`"${worst.act.title}" was done, but the world does not show it`, {
        step,
        op: worst.act.op,
      });
    await callPeopleWhenLate(run, worst.act.title);
    await pauseBeforeRetry(run, tries);
    open = unproved;
  }
}

/** In a pivot nothing is read between this and the next act: there what was said meanwhile is heard here. */
async function lookForProofs(
  run: Run,
  step: number,
  open: readonly Branch[],
): Promise<{ readonly proofs: Settled<Proved>[]; readonly heard: Command | null }> {
  const looks = open.map((branch) => ({
    name: `${step} verify: ${branch.act.op}`,
    work: (signal: AbortSignal) => prove(run, branch, signal),
  }));
  const [only] = looks;
  if (run.pivot === null || only === undefined || looks.length > 1)
    return { proofs: await run.record.effects(looks), heard: null };
  const { settled, heard } = await run.record.hearing(only.name, only.work, run.commands);
  return { proofs: [settled], heard };
}

function keepReading(
  run: Run,
  [branch, ...others]: readonly Branch[],
  [proof]: readonly Settled<Proved>[],
): void {
  if (branch === undefined || others.length > 0 || proof?.ok !== true || proof.value.facts === null) return;
  run.facts = proof.value.facts;
  run.fresh = branch.act.section;
}

function noteProof(
  run: Run,
  step: number,
  { act, token }: Branch,
  proof: Settled<Proved> | undefined,
): boolean {
  if (proof?.ok === true && proof.value.ok) {
    run.record.note("act-verified", {
      step,
      op: act.op,
      target: act.target,
      key: token.key,
      evidence: proof.value.evidence,
    });
    return true;
  }
  const seen = proof?.ok === true ? proof.value.evidence : { error: proof?.error.message ?? "no answer" };
  noteOnce(run, "act-failed", { step, ...named(act), why: "not shown by the world", facts: seen });
  return false;
}

async function mayRetry(run: Run, error: EffectFailure, tries: number, mode: Mode): Promise<boolean> {
  const { retries } = run.engine;
  const worthIt = isWorthIt(error);
  // At the point of no return whatever is not a clear no is asked for until it is known: undoing beside an effect that may
  // still land could leave two primaries. Who says that it may be tried again does not say that nothing has happened.
  const mustKnow = mode === "committed" || (mode === "commit" && worthIt);
  if (!mustKnow && (!worthIt || tries > retries.most)) return false;
  await pauseBeforeRetry(run, tries);
  return true;
}

function isWorthIt({ kind }: EffectFailure): boolean {
  return kind === "retryable" || kind === "ambiguous";
}

function named(act: Act): JsonObject {
  return { name: act.title, op: act.op, target: act.target, params: act.params };
}
