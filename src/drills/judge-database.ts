/**
 * What happened to writes: acknowledged ones that were lost or doubled, how long none was acknowledged, and whether
 * two databases ever acknowledged at the same time.
 */
import { isAcknowledgedWrite, rounded, someOf, type Check, type Facts, type Window } from "./judge-facts.ts";
import type { DrillRecords, WriterTry } from "./judge-records.ts";

/**
 * The writers try every 20 ms. On a busy machine timers come late, and a try every 25 ms sees a second writer as well;
 * fewer, or a stretch in which nobody tried, prove nothing.
 */
const WRITER_INTERVAL_MS = 20;
const TRIES_PERCENT_MIN = 75;
const UNWATCHED_MS_MAX = 1000;

/** The acknowledged commits of one server on one timeline. */
type Reign = {
  readonly cloud: string;
  readonly timeline: number;
  firstMs: number;
  lastMs: number;
  commits: number;
};

export type Primaries = {
  readonly before: string | null;
  readonly after: string | null;
  readonly restored: string | null;
};

export function acknowledgedKeys(records: DrillRecords): Set<string> {
  const keys = new Set<string>();
  for (const request of records.requests) {
    if (request.key !== null && isAcknowledgedWrite(request)) keys.add(request.key);
  }
  return keys;
}

/** Every acknowledged key is in every database: the final primary and each standby. */
export function checkLostWrites({ records }: Facts): Check {
  const acknowledged = acknowledgedKeys(records);
  const lost = new Set<string>();
  const where: string[] = [];
  for (const [cloud, keys] of records.rows) {
    const present = new Set(keys);
    const missing = [...acknowledged].filter((key) => !present.has(key));
    if (missing.length > 0) where.push(`${cloud} lacks ${missing.length}, such as ${missing[0] ?? ""}`);
    for (const key of missing) lost.add(key);
  }
  if (acknowledged.size === 0) where.push("no write was acknowledged at all");
  return {
    name: "lostWrites",
    ok: where.length === 0,
    measured: lost.size,
    limit: 0,
    detail:
      where.length === 0
        ? `${acknowledged.size} acknowledged writes are in each of ${records.rows.size} databases`
        : where.join("; "),
  };
}

/** No key became two rows, however often its request was tried on the way. */
export function checkDoubledWrites({ records }: Facts): Check {
  const doubled = new Set<string>();
  for (const keys of records.rows.values()) {
    const seen = new Set<string>();
    for (const key of keys) {
      if (seen.has(key)) doubled.add(key);
      seen.add(key);
    }
  }
  return {
    name: "doubledWrites",
    ok: doubled.size === 0,
    measured: doubled.size,
    limit: 0,
    detail: doubled.size === 0 ? "no key has two rows" : someOf([...doubled]),
  };
}

export function blockedWritesMs(facts: Facts, window: Window | null): number | null {
  return window === null ? null : longestGap(acknowledgedAtMs(facts.records), window).ms;
}

/** When, in ms since the epoch, clients learnt that a write is kept; in order. */
export function acknowledgedAtMs(records: DrillRecords): Float64Array {
  return Float64Array.from(
    records.requests.filter(isAcknowledgedWrite).map((request) => request.ended),
  ).sort();
}

/** The longest time without an acknowledged write that touches the window, and when it began. */
export function longestGap(acknowledged: Float64Array, window: Window): { ms: number; fromMs: number } {
  let longest = { ms: 0, fromMs: window.fromMs };
  let previous = window.fromMs;
  for (const at of acknowledged) {
    if (at >= window.fromMs && previous < window.toMs && at - previous > longest.ms) {
      longest = { ms: at - previous, fromMs: previous };
    }
    previous = at;
  }
  // Nothing more was acknowledged: the gap is open, and lasts at least to the window's end.
  if (window.toMs - previous > longest.ms) longest = { ms: window.toMs - previous, fromMs: previous };
  return longest;
}

export function checkBlockedWrites(facts: Facts, direction: "Forward" | "Backward"): Check {
  const window = direction === "Forward" ? facts.forward : facts.backward;
  const limit = facts.records.intent.expectations.blockedWritesMs;
  const name = `blockedWritesMs${direction}`;
  if (window === null) return { name, ok: false, measured: null, limit, detail: "there was no such run" };
  const gap = longestGap(acknowledgedAtMs(facts.records), window);
  const atSeconds = rounded((gap.fromMs - facts.records.intent.loadStartedAtMs) / 1000);
  return {
    name,
    ok: gap.ms <= limit,
    measured: rounded(gap.ms),
    limit,
    detail: `the longest time in which no client had a write acknowledged, from ${atSeconds} s on`,
  };
}

export function reignsOf(tries: readonly WriterTry[]): Reign[] {
  const reigns = new Map<string, Reign>();
  for (const { ok, cloud, timeline, time } of tries) {
    if (!ok || timeline === null) continue;
    const reign = reigns.get(`${cloud}/${timeline}`);
    if (reign === undefined) {
      reigns.set(`${cloud}/${timeline}`, { cloud, timeline, firstMs: time, lastMs: time, commits: 1 });
    } else {
      reign.lastMs = time;
      reign.commits += 1;
    }
  }
  return [...reigns.values()].toSorted((a, b) => a.firstMs - b.firstMs);
}

/** How long commits were being acknowledged by two at once; a single commit inside another's reign counts 1 ms. */
export function twoWritersMs(tries: readonly WriterTry[]): number {
  let overlapMs = 0;
  let touching = false;
  let latestEndMs = -Infinity;
  for (const reign of reignsOf(tries)) {
    if (reign.firstMs <= latestEndMs) {
      touching = true;
      overlapMs += Math.min(reign.lastMs, latestEndMs) - reign.firstMs;
    }
    latestEndMs = Math.max(latestEndMs, reign.lastMs);
  }
  return touching ? Math.max(1, overlapMs) : 0;
}

export function checkTwoWriters({ records }: Facts): Check {
  const reigns = reignsOf(records.tries);
  const measured = rounded(twoWritersMs(records.tries));
  return {
    name: "twoWritersMs",
    ok: measured === 0 && reigns.length > 0,
    measured,
    limit: 0,
    detail:
      reigns.length === 0
        ? "no commit was acknowledged anywhere"
        : reigns
            .map((reign) => `${reign.cloud} on timeline ${reign.timeline}: ${reign.commits} commits`)
            .join("; "),
  };
}

/** Which database acknowledged last: before the first act, between the runs, and at the end. */
export function readPrimaries(facts: Facts): Primaries {
  const acknowledged = facts.records.tries.filter((attempt) => attempt.ok);
  const lastBefore = (atMs: number | undefined): string | null =>
    atMs === undefined ? null : (acknowledged.findLast((attempt) => attempt.time < atMs)?.cloud ?? null);
  return {
    before: lastBefore(facts.forward?.fromMs),
    after: lastBefore(facts.backward?.fromMs),
    restored: facts.backward === null ? null : lastBefore(Infinity),
  };
}

export function checkPrimaries(facts: Facts, primaries: Primaries): Check {
  const { from, to, database } = facts.records.intent;
  const wanted = [from, database === "move" ? to : from, from].join(" -> ");
  const measured = [primaries.before, primaries.after, primaries.restored]
    .map((cloud) => cloud ?? "unknown")
    .join(" -> ");
  return {
    name: "primaryMoved",
    ok: measured === wanted,
    measured,
    limit: wanted,
    detail: "the database that acknowledged commits before, between and after the runs",
  };
}

/** The writers were at every database all the time: otherwise "no second writer" would only mean that nobody looked. */
export function checkWriterCoverage(facts: Facts): Check {
  const { tries, rows } = facts.records;
  const fromMs = facts.forward?.fromMs ?? facts.records.intent.loadStartedAtMs;
  const toMs =
    (facts.runs.ours.length > 1 ? facts.runs.ours.at(-1)?.lastEventAtMs : undefined) ?? facts.loadEndedAtMs;
  const due = (toMs - fromMs) / WRITER_INTERVAL_MS;
  const problems: string[] = [];
  let leastPercent = 100;
  for (const cloud of rows.keys()) {
    const during = tries.filter(
      (attempt) => attempt.cloud === cloud && attempt.time >= fromMs && attempt.time <= toMs,
    );
    const percent = Math.min(100, (during.length / Math.max(1, due)) * 100);
    leastPercent = Math.min(leastPercent, percent);
    if (percent < TRIES_PERCENT_MIN)
      problems.push(`${cloud}: ${during.length} tries where ${Math.round(due)} were due`);
    const unwatchedMs = longestStretchMs([fromMs, ...during.map((attempt) => attempt.time), toMs]);
    if (unwatchedMs > UNWATCHED_MS_MAX)
      problems.push(`${cloud}: nobody tried for ${rounded(unwatchedMs)} ms`);
  }
  return {
    name: "writerCoverage",
    ok: problems.length === 0,
    measured: `${rounded(leastPercent)} %`,
    limit: `at least ${TRIES_PERCENT_MIN} %, never ${UNWATCHED_MS_MAX} ms without`,
    detail: problems.length === 0 ? "a commit was tried at every database all the time" : problems.join("; "),
  };
}

function longestStretchMs(timesMs: readonly number[]): number {
  return timesMs.reduce((longest, at, index) => Math.max(longest, at - (timesMs[index - 1] ?? at)), 0);
}
