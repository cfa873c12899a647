/**
 * Counters and a latency histogram over the recent past, in buckets of fixed width and a memory that never grows.
 * A window of n milliseconds is the bucket under way and as many whole ones before it as n needs. The end of a window may
 * lie in the past, as long as its beginning is remembered.
 */
export type RingShape = Readonly<{
  bucketMs: number;
  buckets: number;
  counters: number;
  histogram: boolean;
}>;

export class TimeRing {
  readonly #shape: RingShape;
  readonly #numbers: Float64Array;
  readonly #counts: Uint32Array;
  readonly #histogram: Uint16Array;
  // Latencies of one moment lie close together: reading a window need not walk every bin of every bucket.
  readonly #lowestBin: Int16Array;
  readonly #highestBin: Int16Array;

  constructor(shape: RingShape) {
    this.#shape = shape;
    this.#numbers = new Float64Array(shape.buckets).fill(-1);
    this.#counts = new Uint32Array(shape.buckets * shape.counters);
    this.#histogram = new Uint16Array(shape.histogram ? shape.buckets * bins : 0);
    this.#lowestBin = new Int16Array(shape.buckets).fill(bins);
    this.#highestBin = new Int16Array(shape.buckets).fill(-1);
  }

  /** Adds one to a counter, in the bucket of `nowMs` (which must not go back). */
  count(nowMs: number, counter: number): void {
    const at = this.#bucketOf(nowMs) * this.#shape.counters + counter;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** Adds a latency to the histogram. */
  observe(nowMs: number, latencyMs: number): void {
    const slot = this.#bucketOf(nowMs);
    const bin = binOf(latencyMs);
    const at = slot * bins + bin;
    this.#histogram[at] = Math.min(65_535, (this.#histogram[at] ?? 0) + 1);
    this.#lowestBin[slot] = Math.min(this.#lowestBin[slot] ?? bins, bin);
    this.#highestBin[slot] = Math.max(this.#highestBin[slot] ?? -1, bin);
  }

  /** Whether everything since `sinceMs` is still there. */
  remembers(nowMs: number, sinceMs: number): boolean {
    const { bucketMs, buckets } = this.#shape;
    return Math.floor(sinceMs / bucketMs) > Math.floor(nowMs / bucketMs) - buckets;
  }

  /** The sum of each counter over the last `windowMs`. */
  sums(nowMs: number, windowMs: number): readonly number[] {
    const { counters } = this.#shape;
    const totals = Array.from({ length: counters }, () => 0);
    for (const slot of this.#slots(nowMs, windowMs)) {
      for (let counter = 0; counter < counters; counter++) {
        totals[counter] = (totals[counter] ?? 0) + (this.#counts[slot * counters + counter] ?? 0);
      }
    }
    return totals;
  }

  /** The highest sum of a counter over any `spanMs` within the last `windowMs`. */
  highestSum(
    nowMs: number,
    { windowMs, spanMs, counter }: { windowMs: number; spanMs: number; counter: number },
  ): number {
    const span = Math.ceil(spanMs / this.#shape.bucketMs);
    const last = Math.floor(nowMs / this.#shape.bucketMs);
    const first = last - Math.min(Math.ceil(windowMs / this.#shape.bucketMs), this.#shape.buckets) + 1;
    let sum = 0;
    let highest = 0;
    for (let number = first; number <= last; number++) {
      sum +=
        this.#countIn(number, counter) - (number - span >= first ? this.#countIn(number - span, counter) : 0);
      highest = Math.max(highest, sum);
    }
    return highest;
  }

  /** The latency under which each share (0 to 1) of the observed ones lies, within 5 %; null when there are none. */
  quantilesMs(nowMs: number, windowMs: number, shares: readonly number[]): readonly (number | null)[] {
    const merged = new Uint32Array(bins);
    let total = 0;
    for (const slot of this.#slots(nowMs, windowMs)) {
      const highest = this.#highestBin[slot] ?? -1;
      for (let bin = this.#lowestBin[slot] ?? bins; bin <= highest; bin++) {
        const count = this.#histogram[slot * bins + bin] ?? 0;
        merged[bin] = (merged[bin] ?? 0) + count;
        total += count;
      }
    }
    return shares.map((share) => quantile(merged, total, share));
  }

  #countIn(number: number, counter: number): number {
    const slot = number % this.#shape.buckets;
    return this.#numbers[slot] === number ? (this.#counts[slot * this.#shape.counters + counter] ?? 0) : 0;
  }

  #slots(nowMs: number, windowMs: number): number[] {
    const last = Math.floor(nowMs / this.#shape.bucketMs);
    const wanted = Math.min(Math.ceil(windowMs / this.#shape.bucketMs), this.#shape.buckets);
    const slots: number[] = [];
    for (let number = Math.max(0, last - wanted + 1); number <= last; number++) {
      const slot = number % this.#shape.buckets;
      if (this.#numbers[slot] === number) slots.push(slot);
    }
    return slots;
  }

  #bucketOf(nowMs: number): number {
    const number = Math.floor(nowMs / this.#shape.bucketMs);
    const slot = number % this.#shape.buckets;
    if (this.#numbers[slot] !== number) {
      this.#numbers[slot] = number;
      this.#counts.fill(0, slot * this.#shape.counters, (slot + 1) * this.#shape.counters);
      if (this.#shape.histogram) this.#histogram.fill(0, slot * bins, (slot + 1) * bins);
      this.#lowestBin[slot] = bins;
      this.#highestBin[slot] = -1;
    }
    return slot;
  }
}

// Bin b > 0 holds latencies from lowestMs * 2^((b-1)/16) on, 4.4 % wide; bin 0 what is below, the last one what is above 16 s.
const binsPerDoubling = 16;
const lowestMs = 0.25;
const bins = binsPerDoubling * 16 + 2;

function binOf(latencyMs: number): number {
  if (!(latencyMs > lowestMs)) return 0;
  return Math.min(bins - 1, 1 + Math.floor(binsPerDoubling * Math.log2(latencyMs / lowestMs)));
}

/** Within the bin the observed ones are taken to be spread evenly. */
function quantile(counts: Uint32Array, total: number, share: number): number | null {
  if (total === 0) return null;
  const wanted = Math.max(1, share * total);
  let seen = 0;
  for (const [bin, count] of counts.entries()) {
    if (count > 0 && seen + count >= wanted) {
      const low = bin === 0 ? 0 : lowestMs * 2 ** ((bin - 1) / binsPerDoubling);
      const high = lowestMs * 2 ** (bin / binsPerDoubling);
      return Math.round((low + (high - low) * ((wanted - seen) / count)) * 100) / 100;
    }
    seen += count;
  }
  return null;
}
