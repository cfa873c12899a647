/**
 * The edge: what spreads requests over clouds.
 *
 * Laws (held by `edge.contract.ts`)
 * 1. `setWeights` is compare-and-set on `expectedVersion`: if the policy has another version, it throws `refused`
 *    and nothing changes. A success raises the version by exactly one; weights that stand already answer `found`
 *    and leave the version alone.
 * 2. A token older than the highest seen throws `refused`; a repeated key answers its first answer as `repeated`.
 * 3. Weights that are not integers summing to 100 over the known clouds throw `terminal`; nothing changes.
 * 4. `window` counts what clients were answered, not what pods say of themselves.
 * 5. `windows` answers what `window` would have said at each asked time that is past, oldest first, none reaching back
 *    before `sinceMs`. It remembers a minute at the least. What it does not wholly know (it was started since, or its
 *    memory is shorter) is left out, never told as quiet.
 * 6. An unreachable edge throws `retryable` from reads and `ambiguous` from `setWeights`.
 */
import type { Weights } from "../domain/snapshot.ts";
import type { EffectAnswer, Token } from "./token.ts";

export type TrafficPolicy = {
  readonly weights: Weights;
  readonly version: number;
  readonly epoch: number;
  readonly setBy: string;
  readonly why: string;
  readonly setAtMs: number;
};

export type ServiceWindow = {
  readonly ms: number;
  readonly requests: number;
  /** Answered with a server error or not at all. */
  readonly failed: number;
  /** Answered well, but later than the objective's latency. */
  readonly slow: number;
  readonly p99Ms: number | null;
};

/** A window that ended at `atMs`, ms since the epoch. */
export type PastWindow = ServiceWindow & { readonly atMs: number };

/** Times at `sinceMs` + n x `everyMs`, later than `afterMs`; each window is at most `ms` long. */
export type PastWindows = {
  readonly sinceMs: number;
  readonly afterMs: number;
  readonly everyMs: number;
  readonly ms: number;
};

export type SetWeights = {
  readonly weights: Weights;
  readonly expectedVersion: number;
  readonly token: Token;
  readonly setBy: string;
  readonly why: string;
};

export type Demand = { readonly requestsPerSecond: number; readonly windowMs: number };

export type Edge = {
  policy(signal: AbortSignal): Promise<TrafficPolicy>;
  setWeights(request: SetWeights, signal: AbortSignal): Promise<EffectAnswer<TrafficPolicy>>;
  /** The last `ms` (at most 60,000). */
  window(ms: number, signal: AbortSignal): Promise<ServiceWindow>;
  windows(ask: PastWindows, signal: AbortSignal): Promise<readonly PastWindow[]>;
  demand(signal: AbortSignal): Promise<Demand>;
};
