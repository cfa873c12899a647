/**
 * How long things take in a simulated world, and how they vary: each is drawn anew, evenly, from its range.
 * The defaults were measured on the local world (2 cores, Node 24, PostgreSQL 18) and widened.
 */
export type Range = readonly [least: number, most: number];

export type Ranges = {
  /** From "wanted" to "ready", for each pod. */
  readonly podReadyMs: Range;
  readonly podEndsMs: Range;
  /** From the edge's answer until its weights are in force. */
  readonly weightsInForceMs: Range;
  /** How long a resolver keeps an answer. */
  readonly resolverTtlMs: Range;
  /** From flushed on the primary to flushed on a standby, and from there to replayed. */
  readonly replicationMs: Range;
  readonly replayMs: Range;
  readonly promoteMs: Range;
  readonly stopMs: Range;
  readonly startMs: Range;
  readonly followMs: Range;
  readonly settingMs: Range;
  /** A request that its pod serves well. */
  readonly requestMs: Range;
  /** After this the observer knows what the pods are. */
  readonly noticeMs: Range;
  /** After this a caller's own driver gives up. */
  readonly callTimeoutMs: Range;
  /** How late a call is while its actor is slow. */
  readonly delayedCallMs: Range;
  /** How old a stale answer is. */
  readonly staleMs: Range;
  readonly oscillationMs: Range;
  /** Share of calls that a fault of an interface hits, while it lasts. */
  readonly troubledShare: number;
  /** Share of resolvers that ignore the TTL, while they do. */
  readonly ignoringShare: number;
};

export const LOCAL_RANGES: Ranges = {
  podReadyMs: [800, 6_000],
  podEndsMs: [600, 1_500],
  weightsInForceMs: [0, 60],
  // The local edge is a gateway: no resolver stands between. Behind DNS this is its TTL.
  resolverTtlMs: [0, 0],
  replicationMs: [1, 25],
  replayMs: [1, 40],
  promoteMs: [60, 400],
  stopMs: [80, 600],
  startMs: [150, 900],
  followMs: [50, 500],
  settingMs: [5, 120],
  requestMs: [3, 60],
  noticeMs: [200, 1_200],
  callTimeoutMs: [2_000, 5_000],
  delayedCallMs: [500, 12_000],
  staleMs: [500, 10_000],
  oscillationMs: [500, 5_000],
  troubledShare: 0.5,
  ignoringShare: 0.25,
};

/** Everything at once, and every trouble at every call: for tests that are about something else, or about one fault alone. */
export const ZERO_RANGES: Ranges = {
  podReadyMs: [0, 0],
  podEndsMs: [0, 0],
  weightsInForceMs: [0, 0],
  resolverTtlMs: [0, 0],
  replicationMs: [0, 0],
  replayMs: [0, 0],
  promoteMs: [0, 0],
  stopMs: [0, 0],
  startMs: [0, 0],
  followMs: [0, 0],
  settingMs: [0, 0],
  requestMs: [12, 12],
  noticeMs: [0, 0],
  callTimeoutMs: [2_000, 2_000],
  delayedCallMs: [1_000, 1_000],
  staleMs: [5_000, 5_000],
  oscillationMs: [1_000, 1_000],
  troubledShare: 1,
  ignoringShare: 1,
};
