/**
 * Locks of a run: all at the start, in canonical order, so that two runs can never hold half each and wait for
 * the other; kept through waits and undo, given back at the end, except after an undo that could not be finished.
 */
import { Refusal } from "./failures.ts";
import type { Run } from "./run.ts";

export async function takeLocks(run: Run): Promise<void> {
  for (const lock of run.bound.locks) {
    const { requestedBy, waitForLocks } = run.request;
    const answer = await run.journal.lock({ lock, who: requestedBy, wait: waitForLocks });
    run.record.passed(answer.atMs);
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

export async function releaseLocks(run: Run): Promise<void> {
  for (const lock of [...run.epochs.keys()].reverse()) {
    await run.journal.release(lock);
    run.epochs.delete(lock);
    run.record.note("lock-released", { lock });
  }
}
