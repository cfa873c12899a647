/** S15: retries add at most a fifth to what clients ask for, and the product's own calls stay within what providers allow. */
import type { Rule } from "./rule.ts";

/** A lone failing request of a quiet edge is retried too. */
const RETRIES_FLOOR = 10;
const MINUTE_MS = 60_000;

export function retriesAreFew(amplificationMost: number): Rule {
  let requests = 0;
  let attempts = 0;
  return {
    invariant: "S15",
    kinds: ["request"],
    after(event) {
      if (event.kind !== "request") return null;
      requests += 1;
      attempts += event.attempts;
      if (attempts <= requests * amplificationMost + RETRIES_FLOOR) return null;
      return `${attempts} attempts for ${requests} requests`;
    },
  };
}

export function callsAreBounded(now: () => number, perMinuteMost: number): Rule {
  let minute = -1;
  let calls = 0;
  return {
    invariant: "S15",
    kinds: ["call"],
    after() {
      const current = Math.floor(now() / MINUTE_MS);
      if (current !== minute) {
        minute = current;
        calls = 0;
      }
      calls += 1;
      return calls === perMinuteMost + 1 ? `more than ${perMinuteMost} calls within a minute` : null;
    },
  };
}
