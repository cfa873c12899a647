// Why: requests that failed at the same moment must neither come back at the same moment nor keep the databases busy
// with questions. With 14 pods on 2 cores, asking every 30 ms for each waiting write took a core for as long as writes
// were blocked, and made that twice as long (measured). So the pause grows while there is nothing to write to; what that
// costs is that a pod may learn of a new primary later than another one, by 640 ms at the most.

import { setTimeout as sleep } from "node:timers/promises";

const firstMs = 20;
const lastMs = 320;

/** Waits 20 to 40 ms after the first miss, twice as long after each further one, at most 320 to 640 ms. */
export async function pauseAfter(misses: number): Promise<void> {
  const leastMs = Math.min(lastMs, firstMs * 2 ** Math.min(misses, 10));
  await sleep(leastMs + Math.random() * leastMs);
}

/** Resolves with the promise, at the latest at `untilMs` on the clock of performance.now(). */
export async function atTheLatest(promise: Promise<void>, untilMs: number): Promise<void> {
  const stop = new AbortController();
  const late = sleep(Math.max(0, untilMs - performance.now()), undefined, { signal: stop.signal });
  await Promise.race([promise, late.catch(() => undefined)]).finally(() => stop.abort());
}
