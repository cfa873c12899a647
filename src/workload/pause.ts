// Why: many requests that failed at the same moment must not all come back at the same moment.

import { setTimeout as sleep } from "node:timers/promises";

const leastMs = 20;
const spreadMs = 20;

/** Waits 20 to 40 ms, never beyond `untilMs` on the clock of performance.now(). */
export async function pauseBeforeRetry(untilMs: number): Promise<void> {
  const pauseMs = leastMs + Math.random() * spreadMs;
  await sleep(Math.max(0, Math.min(pauseMs, untilMs - performance.now())));
}
