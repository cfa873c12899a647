/**
 * How long things take in a simulated world, and how they vary: each is drawn anew, evenly, from its range.
 * The defaults were measured on the local world (`calibration.json`) and widened.
 */
import measured from "./calibration.json" with { type: "json" };

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
  /** A base backup, or a return without one. */
  readonly rebuildMs: Range;
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

/** The model takes half as long as the shortest that was measured, up to twice as long as the longest. */
const WIDENED = 2;

function widened({ least, most }: { readonly least: number; readonly most: number }): Range {
  return [Math.floor(least / WIDENED), Math.ceil(most * WIDENED)];
}

/** Measured by `npm run calibrate`; what it cannot measure from a drill's records stands here, as seen in the same drills. */
export const LOCAL_RANGES: Ranges = {
  podReadyMs: widened(measured.podReadyMs),
  podEndsMs: widened(measured.podEndsMs),
  weightsInForceMs: [0, 60],
  // The local edge is a gateway: no resolver stands between. Behind DNS this is its TTL.
  resolverTtlMs: [0, 0],
  replicationMs: [1, 25],
  replayMs: [1, 40],
  promoteMs: widened(measured.promoteMs),
  stopMs: widened(measured.stopMs),
  startMs: [150, 900],
  followMs: widened(measured.followMs),
  settingMs: widened(measured.settingMs),
  rebuildMs: [400, 12_000],
  // Not widened upwards: a world that is twice as slow as the local one at its slowest misses its objective by itself.
  requestMs: [Math.floor(measured.requestMs.least / WIDENED), Math.ceil(measured.requestMs.most)],
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
  rebuildMs: [0, 0],
  requestMs: [12, 12],
  noticeMs: [0, 0],
  callTimeoutMs: [2_000, 2_000],
  delayedCallMs: [1_000, 1_000],
  staleMs: [5_000, 5_000],
  oscillationMs: [1_000, 1_000],
  troubledShare: 1,
  ignoringShare: 1,
};
