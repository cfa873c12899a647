/**
 * Whether what a server holds is part of another one's past. `streaming` proves nothing: a diverged old primary can show
 * it. Compared are timelines, and the position at which the other's timeline left this one's.
 */
import { compareLsn, parseLsn } from "../../../domain/units.ts";
import type { Row } from "./connection.ts";
import { readServerState, timelineOf } from "./server-state.ts";

/** How far a server's own write-ahead log reaches. */
export type Reach = {
  readonly timeline: number;
  readonly position: string;
  /** `end`: nothing beyond the position. `record`: a record begins there (a shutdown checkpoint), so that it reaches a bit further. */
  readonly kind: "end" | "record";
};

export type Upstream = {
  readonly timeline: number;
  /** Text of its newest `.history` file: each line is a timeline, the LSN at which it was left, and why. */
  readonly history: string;
};

export type Divergence =
  | { readonly verdict: "may-follow" }
  | { readonly verdict: "diverged"; readonly why: string; readonly forkedAt: string | null };

export function compareWithUpstream(reach: Reach, upstream: Upstream): Divergence {
  if (reach.timeline === upstream.timeline) return { verdict: "may-follow" };
  if (reach.timeline > upstream.timeline) {
    const why = `it is on timeline ${reach.timeline}, what it should follow only on ${upstream.timeline}`;
    return { verdict: "diverged", why, forkedAt: null };
  }
  const forkedAt = forkOf(upstream.history, reach.timeline);
  if (forkedAt === null) {
    return { verdict: "diverged", why: `timeline ${reach.timeline} is not in the other's history`, forkedAt };
  }
  const order = compareLsn(parseLsn(reach.position), parseLsn(forkedAt));
  if (order < 0 || (order === 0 && reach.kind === "end")) return { verdict: "may-follow" };
  const why = `it holds ${reach.position} of timeline ${reach.timeline}, which the other left at ${forkedAt}`;
  return { verdict: "diverged", why, forkedAt };
}

/** Where the history left that timeline; null when it never was on it. */
export function forkOf(history: string, timeline: number): string | null {
  for (const line of history.split("\n")) {
    const [number, position] = line.trim().split(/\s+/);
    if (number === String(timeline) && position !== undefined) return position;
  }
  return null;
}

/** Timeline and history of a running server, primary or standby. */
export async function readUpstream(query: (sql: string) => Promise<Row[]>): Promise<Upstream> {
  const timeline = timelineOf(await readServerState(query));
  if (timeline === 1) return { timeline, history: "" };
  const file = `pg_wal/${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
  const [row] = await query(`select pg_read_file('${file}', true) as history`);
  const history = row?.["history"];
  return { timeline, history: typeof history === "string" ? history : "" };
}
