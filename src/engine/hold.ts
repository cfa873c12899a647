/**
 * A hold: the run waits on a timer or a breach while a watcher outside the journal samples the service.
 * A watcher that fell silent counts as a breach: nobody knows what clients saw.
 */
import type { Hold } from "./act.ts";
import { obey, pauseIfAsked, putOff } from "./control.ts";
import { Breach, StepFailed } from "./failures.ts";
import { hearKept } from "./locks.ts";
import type { Run } from "./run.ts";

export async function holdRun(run: Run, hold: Hold): Promise<void> {
  await hearKept(run);
  run.sequence += 1;
  const step = run.sequence;
  const { objective, holdWindowMs, watchers } = run.engine;
  const spec = {
    run: run.request.run,
    step,
    forMs: hold.forMs,
    windowMs: holdWindowMs,
    goodPercent: objective.goodPercent,
    latencyMs: objective.latency,
  };
  run.record.note("hold-started", { step, title: hold.title, forMs: hold.forMs, windowMs: holdWindowMs });
  const started = await run.record.effect(`hold ${step}: start`, async () => {
    await watchers.start(spec);
    return null;
  });
  if (!started.ok)
    throw new StepFailed(`no watcher for "${hold.title}": ${started.error.message}`, started.error.facts);
  if (!(await waitOut(run, hold, step))) return;
  const reported = await run.record.effect(`hold ${step}: report`, () => watchers.report(spec.run, step));
  if (!reported.ok) throw breach(run, step, `the watcher cannot be asked: ${reported.error.message}`);
  const { samples, expected, breach: seen, worstGoodPercent, worstP99Ms } = reported.value;
  if (seen !== null) throw breach(run, step, seen);
  if (samples * 2 < expected)
    throw breach(run, step, `the watcher was silent: ${samples} of ${expected} samples`);
  run.record.note("hold-passed", {
    step,
    title: hold.title,
    samples,
    worst: { goodPercent: worstGoodPercent, p99Ms: worstP99Ms },
  });
  // From here an undo leads back to this state, no further.
  run.begun = [];
  await pauseIfAsked(run);
}

/** Whether it was held to its end; false: somebody left it out. The state then is no good point. */
async function waitOut(run: Run, hold: Hold, step: number): Promise<boolean> {
  const over = run.journal.sleep(hold.forMs);
  for (;;) {
    const next = run.journal.command(run.commands);
    if ((await run.journal.race([over, next])) === 0) return true;
    const command = await next;
    if (command.type === "skip" && command.why !== "") {
      run.commands += 1;
      run.record.passed(command.atMs);
      run.record.note("step-skipped", { step, name: hold.title, why: command.why }, command.by);
      return false;
    }
    if (command.type === "pause") {
      run.commands += 1;
      run.record.passed(command.atMs);
      putOff(run, command, "the hold's end");
    } else if (command.type === "breach" && command.step === step) throw breach(run, step, command.why);
    else await obey(run, command);
  }
}

function breach(run: Run, step: number, why: string): Breach {
  run.record.note("hold-breached", { step, why });
  return new Breach(why, { step });
}
