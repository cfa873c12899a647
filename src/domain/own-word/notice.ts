/** One thing that a cloud's status page tells of, in whatever format it does. */

/** `notice`: information, or work that was announced. `outage`: what the page calls unavailable or disrupted. */
export const GRAVITIES = ["notice", "trouble", "outage"] as const;

export type Gravity = (typeof GRAVITIES)[number];

export type Notice = {
  readonly gravity: Gravity;
  /** Through `plainText`. */
  readonly text: string;
  /** By the page's own account; null: it does not say. */
  readonly sinceMs: number | null;
  readonly updatedMs: number | null;
  /** Regions, in the page's own names; null: it names none, so that it is meant for all. */
  readonly places: readonly string[] | null;
  readonly services: readonly string[] | null;
};

export const TEXT_MOST = 160;
export const NAME_MOST = 80;
/** A feed that tells of more at once is none that anybody can read. */
export const NOTICES_MOST = 500;
export const NAMES_MOST = 500;
