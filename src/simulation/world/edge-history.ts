/** What the edge remembers of what clients were answered: two minutes, in pieces of 50 ms, latencies by rough classes. */
import type { PastWindow, PastWindows, ServiceWindow } from "../../ports/edge.ts";

const PIECE_MS = 50;
const KEEPS_MS = 120_000;
const PIECES = KEEPS_MS / PIECE_MS;
/** Upper ends in ms of the classes; the last holds all that is slower. */
const CLASSES = [5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 1_000, 2_500, 10_000];

type Piece = {
  number: number;
  requests: number;
  failed: number;
  slow: number;
  readonly classes: Uint32Array;
};

export class EdgeHistory {
  readonly #pieces: Piece[] = [];
  readonly #startedAtMs: number;
  readonly #latencyMs: number;

  /** `latencyMs`: slower than this is slow. */
  constructor(startedAtMs: number, latencyMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#latencyMs = latencyMs;
  }

  note(atMs: number, ok: boolean, tookMs: number): void {
    const piece = this.#pieceAt(Math.floor(atMs / PIECE_MS));
    piece.requests += 1;
    if (!ok) piece.failed += 1;
    if (tookMs > this.#latencyMs) piece.slow += 1;
    const found = CLASSES.findIndex((most) => tookMs <= most);
    const at = found < 0 ? CLASSES.length - 1 : found;
    piece.classes[at] = (piece.classes[at] ?? 0) + 1;
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
    const sum = { requests: 0, failed: 0, slow: 0 };
    const classes = new Uint32Array(CLASSES.length);
    for (let number = Math.floor(fromMs / PIECE_MS); number * PIECE_MS <= toMs; number += 1) {
      const piece = this.#pieces[((number % PIECES) + PIECES) % PIECES];
      if (piece === undefined || piece.number !== number) continue;
      sum.requests += piece.requests;
      sum.failed += piece.failed;
      sum.slow += piece.slow;
      for (let at = 0; at < classes.length; at += 1)
        classes[at] = (classes[at] ?? 0) + (piece.classes[at] ?? 0);
    }
    return { ...sum, p99Ms: percentile99(classes, sum.requests) };
  }

  #pieceAt(number: number): Piece {
    const at = number % PIECES;
    const kept = this.#pieces[at];
    if (kept !== undefined && kept.number === number) return kept;
    const piece = kept ?? {
      number,
      requests: 0,
      failed: 0,
      slow: 0,
      classes: new Uint32Array(CLASSES.length),
    };
    Object.assign(piece, { number, requests: 0, failed: 0, slow: 0 });
    piece.classes.fill(0);
    this.#pieces[at] = piece;
    return piece;
  }
}

function percentile99(classes: Uint32Array, requests: number): number | null {
  if (requests === 0) return null;
  let left = Math.ceil(requests * 0.99);
  for (const [at, count] of classes.entries()) {
    left -= count;
    if (left <= 0) return CLASSES[at] ?? null;
  }
  return CLASSES.at(-1) ?? null;
}
