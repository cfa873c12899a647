/**
 * Locks of a run: all at the start, in canonical order, so that two runs can never hold half each and wait for
 * the other; kept through waits and undo, and given back at the end. A run that has lost one to another run is
 * superseded.
 */
import type { EffectFailure, LockGrant, LockHolder } from "../ports/journal.ts";
import { refuseCommand, superseded } from "./control.ts";
import { Cancelled, Refusal } from "./failures.ts";
import type { Run } from "./run.ts";

export async function takeLocks(run: Run): Promise<void> {
  for (const lock of run.bound.locks) {
    const { requestedBy, waitForLocks, preempt } = run.request;
    const first = await run.journal.lock({ lock, who: requestedBy, wait: waitForLocks, preempt });
    run.record.passed(first.atMs);
    const answer = first.granted || !first.queued ? first : await inTurn(run, lock, first.holder);
    if (!answer.granted) {
      const { holder } = answer;
      run.record.note("lock-refused", { lock, holder: { ...holder } });
      throw new Refusal(`lock "${lock}" is held by ${holder.run} (asked for by ${holder.who})`, {
        lock,
        holder: { ...holder },
      });
    }
    run.epochs.set(lock, answer.epoch);
    run.record.note("lock-granted", { lock, epoch: answer.epoch });
  }
}

/** Waits in the lock's queue. Throws Cancelled, Superseded, with the place given up. */
async function inTurn(run: Run, lock: string, holder: LockHolder): Promise<LockGrant> {
  run.record.note("lock-queued", { lock, holder: { ...holder } });
  const turn = run.journal.turn(lock);
  for (;;) {
    const next = run.journal.command(run.commands);
    if ((await run.journal.race([turn, next])) === 0) {
      const grant = await turn;
      run.record.passed(grant.atMs);
      return grant;
    }
    const command = await next;
    run.commands += 1;
    run.record.passed(command.atMs);
    if (command.type === "breach") continue;
    if (command.type === "superseded") {
      await run.journal.release(lock);
      throw superseded(run, command);
    }
    if (command.type === "cancel") {
      run.record.note("commanded", { command: "cancel", why: command.why }, command.by);
      await run.journal.release(lock);
      throw new Cancelled(command);
    }
    refuseCommand(run, command, "the run waits for a lock");
  }
}

export async function releaseLocks(run: Run): Promise<void> {
  for (const lock of [...run.epochs.keys()].reverse()) {
    await run.journal.release(lock);
    run.epochs.delete(lock);
    run.record.note("lock-released", { lock });
  }
}

/** An effector that has seen a newer token may mean that a lock was taken away, before this run was told. Throws Superseded. */
export async function requireLock(run: Run, lock: string, error: EffectFailure): Promise<void> {
  if (error.kind !== "refused" || error.facts["reason"] !== "stale-token") return;
  const who = run.request.requestedBy;
  const answer = await run.journal.lock({ lock, who, wait: false, preempt: false });
  if (answer.granted && answer.epoch === run.epochs.get(lock)) return;
  if (answer.granted) await run.journal.release(lock);
  throw superseded(run, { lock, run: answer.granted ? "a run that has ended" : answer.holder.run });
}
