/** What the edge remembers of what clients were answered: two minutes, in pieces of 50 ms, latencies by rough classes. */
import type { PastWindow, PastWindows, ServiceWindow } from "../../ports/edge.ts";

const PIECE_MS = 50;
const KEEPS_MS = 120_000;
const PIECES = KEEPS_MS / PIECE_MS;
/** Upper ends in ms of the classes; the last holds all that is slower. */
const CLASSES = [5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 1_000, 2_500, 10_000];

/** Of a piece: how many came, failed, and were slow; then its classes. */
const REQUESTS = 0;
const FAILED = 1;
const SLOW = 2;
const FIRST_CLASS = 3;
const SIZE = FIRST_CLASS + CLASSES.length;

export class EdgeHistory {
  /** One behind the other in one piece of memory: every request of every client of a rehearsed night is noted here. */
  readonly #counts = new Uint32Array(PIECES * SIZE);
  /** Which piece of all time is at each place. */
  readonly #numbers = new Float64Array(PIECES).fill(-1);
  readonly #startedAtMs: number;
  readonly #latencyMs: number;

  /** `latencyMs`: slower than this is slow. */
  constructor(startedAtMs: number, latencyMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#latencyMs = latencyMs;
  }

  note(atMs: number, ok: boolean, tookMs: number): void {
    const piece = this.#pieceAt(Math.floor(atMs / PIECE_MS));
    this.#add(piece + REQUESTS);
    if (!ok) this.#add(piece + FAILED);
    if (ok && tookMs > this.#latencyMs) this.#add(piece + SLOW);
    this.#add(piece + FIRST_CLASS + classOf(tookMs));
  }

  window(nowMs: number, ms: number): ServiceWindow {
    return { ...this.#sum(nowMs - ms, nowMs), ms };
  }

  /** Each asked time that is past, as `window` would have told it then; none that reaches beyond what is remembered. */
  past({ sinceMs, afterMs, everyMs, ms }: PastWindows, nowMs: number): PastWindow[] {
    const known = Math.max(this.#startedAtMs, nowMs - KEEPS_MS);
    const told: PastWindow[] = [];
    const first = Math.max(1, Math.floor((Math.max(afterMs, known) - sinceMs) / everyMs));
    for (let number = first; sinceMs + number * everyMs <= nowMs; number += 1) {
      const atMs = sinceMs + number * everyMs;
      const lengthMs = Math.min(ms, atMs - sinceMs);
      if (atMs <= afterMs || atMs - lengthMs < known) continue;
      told.push({ ...this.#sum(atMs - lengthMs, atMs), ms: lengthMs, atMs });
    }
    return told;
  }

  #sum(fromMs: number, toMs: number): Omit<ServiceWindow, "ms"> {
    const sum = new Uint32Array(SIZE);
    const counts = this.#counts;
    // What is older than all that is kept is not looked for.
    const first = Math.max(Math.floor(fromMs / PIECE_MS), Math.floor(toMs / PIECE_MS) - PIECES + 1, 0);
    for (let number = first; number * PIECE_MS <= toMs; number += 1) {
      const place = number % PIECES;
      if (this.#numbers[place] !== number) continue;
      for (let at = 0; at < SIZE; at += 1) sum[at] = (sum[at] ?? 0) + (counts[place * SIZE + at] ?? 0);
    }
    const [requests = 0, failed = 0, slow = 0] = sum;
    return { requests, failed, slow, p99Ms: percentile99(sum, requests) };
  }

  #add(at: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** Where its counts begin. */
  #pieceAt(number: number): number {
    const place = number % PIECES;
    const at = place * SIZE;
    if (this.#numbers[place] === number) return at;
    this.#numbers[place] = number;
    this.#counts.fill(0, at, at + SIZE);
    return at;
  }
}

function classOf(tookMs: number): number {
  const last = CLASSES.length - 1;
  for (let at = 0; at < last; at += 1) if (tookMs <= (CLASSES[at] ?? 0)) return at;
  return last;
}

function percentile99(counts: Uint32Array, requests: number): number | null {
  if (requests === 0) return null;
  let left = Math.ceil(requests * 0.99);
  for (const [at, most] of CLASSES.entries()) {
    left -= counts[FIRST_CLASS + at] ?? 0;
    if (left <= 0) return most;
  }
  return CLASSES.at(-1) ?? null;
}
