/**
 * One try of an act, and the proof of it.
 *
 * Invariants
 * 1. A try has a deadline. An answer that was lost, and any no at the point of no return, is settled by reading, where the aim did
 *    not stand before.
 * 2. Whoever comes to a try late, because it was cut off or froze in between, looks again before it.
 * 3. A proof is looked for until the world shows the effect, or its time is over.
 */
import { judgeChange } from "../domain/guards/catalogue.ts";
import type { JsonObject } from "../domain/json.ts";
import { ambiguous, PortError, terminal } from "../ports/errors.ts";
import type { EffectAnswer } from "../ports/token.ts";
import type { Branch, Mode, Proved } from "./branch.ts";
import { isStaleToken } from "./locks.ts";
import type { Run } from "./run.ts";
import { readSection, untilProved } from "./world.ts";

/** What was read this long ago is looked at again before a try, ms. */
const OLD_MS = 5_000;

/** One try, with its deadline, settled by reading where its answer does not tell. */
export async function tryOnce(
  run: Run,
  branch: Branch,
  { mode, tries }: { readonly mode: Mode; readonly tries: number },
  signal: AbortSignal,
): Promise<EffectAnswer<JsonObject>> {
  const { act, token, before } = branch;
  const { world } = run.engine;
  const bounded = world.clock.within(act.deadlineMs, signal);
  const request = {
    facts: before,
    token,
    by: run.request.requestedBy,
    why: `${run.bound.name} ${run.request.run}`,
  };
  try {
    await lookAgainWhenLate(run, branch, { mode, tries }, bounded);
    const { result, answer } = await act.perform(world, request, bounded);
    return { result, answer: { answer } };
  } catch (error) {
    const known = error instanceof PortError ? error : null;
    const isLost = bounded.aborted || known?.kind === "ambiguous";
    // A clear no says nothing of another try, which may have been answered to a worker that is gone. But what stands where
    // somebody else has the lock is theirs.
    const isDenied = mode === "commit" && known !== null && !isStaleToken(known);
    if (signal.aborted || !(isLost || isDenied)) throw error;
    // Where its aim stood before, the world does not tell whether the effector has seen this token: an older act, which this
    // one takes back, may still land.
    if (act.proof(before, before).ok) throw error;
    const now = await readSection(world, before, act.section, signal).catch(() => null);
    const proof = now === null ? null : act.proof(now, before);
    if (proof?.ok !== true) throw error;
    return { result: "done", answer: { settledByReading: proof.evidence } };
  }
}

/**
 * What was read before is old where its worker was cut off in between, or froze, and at the point of no return wherever it was
 * asked for before: the guards then judge the world as it is now. An earlier try may be under way, so at the point of no return
 * a refusal says only that people have to look.
 */
async function lookAgainWhenLate(
  run: Run,
  { act, before, overridden }: Branch,
  { mode, tries }: { readonly mode: Mode; readonly tries: number },
  signal: AbortSignal,
): Promise<void> {
  const { world, guards } = run.engine;
  const isPlanned = mode === "forward" || mode === "commit";
  const isAgain = mode === "commit" && tries > 1;
  if (!isPlanned || (!isAgain && world.clock.now() - before.takenAtMs <= OLD_MS)) return;
  const now = await readSection(world, before, act.section, signal);
  // Ours, by an earlier try: the effector knows its key.
  if (act.proof(now, before).ok) return;
  const refusals = judgeChange({ before: now, after: act.expect(now), policy: guards }, act.section).filter(
    ({ guard, verdict }) => verdict === "refuse" && !overridden.has(guard),
  );
  if (refusals.length === 0) return;
  const why = `the world changed before "${act.title}": ${refusals.map(({ guard, why: said }) => `${guard}: ${said}`).join("; ")}`;
  throw mode === "commit" ? ambiguous(why) : terminal(why);
}

/** Reads until the world shows the effect or the act's deadline has passed; answers the last look either way. */
export async function prove(run: Run, { act, before }: Branch, signal: AbortSignal): Promise<Proved> {
  const { world } = run.engine;
  const isKept = run.pivot !== null;
  const untilMs = world.clock.now() + act.deadlineMs;
  return await untilProved(
    async () => {
      const facts = await readSection(world, before, act.section, signal);
      return { ...act.proof(facts, before), facts: isKept ? facts : null };
    },
    { world, untilMs, pollMs: act.pollMs, signal },
  );
}
