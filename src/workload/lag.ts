// Why: how far a standby is behind, told without asking the primary to write a heartbeat: the pod notes where the
// primary was and when, and looks up when the standby's position was the primary's.
//
// 1. Not known is null, never nought: without an answer from both there is no lag to tell.
// 2. An idle primary does not make a standby late: what is replayed up to the primary's position is 0 s behind.
// 3. Seconds are as fine as the pod looks (its probe interval), and count from the first look at most.

export type Lag = { readonly lagBytes: number; readonly lagSeconds: number };

type Sample = { readonly walBytes: number; readonly atMs: number };

// At one look a second: ten minutes. Older than that is told as at least that.
const mostSamples = 600;

export class LagTracker {
  /** Where the primary was, oldest first; of those that the standby has replayed only the last is kept. */
  #samples: Sample[] = [];
  #timeline: number | undefined;

  /** Notes where the primary is. A new timeline starts anew. */
  primaryAt(timeline: number, walBytes: number, atMs: number): void {
    if (this.#timeline !== timeline) this.#samples = [];
    this.#timeline = timeline;
    if (this.#samples.at(-1)?.walBytes === walBytes) return;
    this.#samples.push({ walBytes, atMs });
    if (this.#samples.length > mostSamples) this.#samples.splice(1, 1);
  }

  /** The lag of a standby that has replayed up to `walBytes`; undefined before the primary was seen. */
  lagAt(walBytes: number, atMs: number): Lag | undefined {
    const latest = this.#samples.at(-1);
    if (latest === undefined) return undefined;
    const replayed = this.#samples.findLastIndex((sample) => sample.walBytes <= walBytes);
    if (replayed > 0) this.#samples.splice(0, replayed);
    const missing = this.#samples.find((sample) => sample.walBytes > walBytes);
    if (missing === undefined) return { lagBytes: 0, lagSeconds: 0 };
    return { lagBytes: latest.walBytes - walBytes, lagSeconds: Math.max(0, atMs - missing.atMs) / 1000 };
  }
}
