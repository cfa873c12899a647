/**
 * How long steps took in past runs, for plans. Ledgers of ended runs do not change, so each is read once; only the newest
 * count, because a world's pace changes.
 */
import { type Durations, durationsOf, together } from "../engine/durations.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";

const RUNS_MAX = 40;
/** A first plan beside hundreds of past runs must not wait for all of them. */
const READS_AT_ONCE_MAX = 40;

type Past = { readonly endedAtMs: number; readonly durations: Durations };

export function pastDurations(store: LedgerStore): () => Promise<Durations> {
  const known = new Map<string, Past>();
  return async () => {
    const unread = (await store.runs()).filter((run) => !known.has(run)).slice(-READS_AT_ONCE_MAX);
    for (const run of unread) {
      // A damaged ledger is `ledger verify`'s to name.
      const events = await store.read(run).catch(() => []);
      const end = events.at(-1);
      if (end?.type === "run-ended") known.set(run, { endedAtMs: end.time, durations: durationsOf(events) });
    }
    const newest = [...known.values()]
      .toSorted((left, right) => right.endedAtMs - left.endedAtMs)
      .slice(0, RUNS_MAX);
    return together(newest.map(({ durations }) => durations));
  };
}
