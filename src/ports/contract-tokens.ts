/** Tokens for contract suites, as an engine hands them out: each call one step newer, under a key of its own. */
import type { Token } from "./token.ts";

export type TokenSource = () => Token;

/** `run` has to be new in the effector's memory, and `epoch` above what was used under the lock before. */
export function stepTokens(run: string, lock: string, epoch: number): TokenSource {
  let sequence = 0;
  return () => {
    sequence += 1;
    return { key: `${run}/${sequence}`, lock, epoch, sequence };
  };
}

/** A token of an earlier grant of the same lock, under a key that nobody used. */
export function staleToken(fresh: Token): Token {
  return { ...fresh, key: `${fresh.key}-stale`, epoch: fresh.epoch - 1 };
}
