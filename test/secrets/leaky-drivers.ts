/** Sabotage for the search: parts that look like ours and let a secret out, one for each place that is searched. */
import type { Outside } from "../../src/cli/context.ts";
import type { Secret } from "../../src/domain/secret.ts";
import { refused } from "../../src/ports/errors.ts";

/** A driver whose error says what it sent. */
export function leakyRead(token: Secret): () => Promise<never> {
  return async () => {
    throw refused("the edge did not answer", { sent: { authorization: `Bearer ${token.reveal()}` } });
  };
}

/** A carrier of calls that passes on whatever the other end repeats. */
export function leakySend(token: Secret): Outside["send"] {
  return async () => ({
    status: 401,
    text: JSON.stringify({
      error: { code: "unauthenticated", what: `no: ${token.reveal()}`, why: "", next: "", facts: {} },
    }),
  });
}

/** A log of requests with their headers. */
export function leakyLog(token: Secret): string {
  return JSON.stringify({ headers: { authorization: `Basic ${btoa(token.reveal())}` } });
}
