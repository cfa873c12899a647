/**
 * Tells when this process itself stood still: frozen, or without the processor. What it was waiting for at the time looks
 * late or dead and is neither.
 */
export class Stalls {
  #lastTickMs = performance.now();
  #stalledUntilMs = Number.NEGATIVE_INFINITY;
  readonly #timer = setInterval(() => this.#tick(), tickMs);

  /** Whether it has stood still at any time since then. */
  since(ms: number): boolean {
    this.#tick();
    return this.#stalledUntilMs >= ms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastTickMs > stallMs) this.#stalledUntilMs = nowMs;
    this.#lastTickMs = nowMs;
  }
}

const tickMs = 50;
const stallMs = 250;
