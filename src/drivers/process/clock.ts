/** The machine's clock. */
import { setTimeout as after } from "node:timers/promises";
import type { Clock } from "../../ports/clock.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await after(ms, undefined, { signal });
  },
  within: (ms, also) => {
    const deadline = AbortSignal.timeout(ms);
    return also === undefined ? deadline : AbortSignal.any([also, deadline]);
  },
};
