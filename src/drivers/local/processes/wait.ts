/** Waiting with a bound: everything here that waits for the world ends by a deadline. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks until the answer is not undefined. Undefined after `withinMs` (the last question is asked at the end).
 * `everyMs` is the pause between two questions; `signal` ends it early with the signal's reason.
 */
export async function pollUntil<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  bound: { readonly withinMs: number; readonly everyMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T | undefined> {
  const deadline = performance.now() + bound.withinMs;
  for (;;) {
    bound.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await sleep(bound.everyMs);
  }
}
