/**
 * How many retries the gateway may add: without a bound, retries multiply a brown-out into an outage.
 *
 * Every request earns a fifth of a retry, so that of n requests at most 1.2 n reach pods. Earnings are kept up to `savedMax`, for
 * the moment when a cloud is lost with everything in flight. On top, a quiet gateway earns one retry a second up to a small
 * floor, so that a lone failing request is retried too.
 */
export class RetryBudget {
  readonly #now: () => number;
  // Counted in what one request earns, so that nothing is lost to rounding.
  #earned = floor * earningsPerRetry;
  #refilledAtMs: number;

  /** `now` in milliseconds, of any start. */
  constructor(now: () => number) {
    this.#now = now;
    this.#refilledAtMs = now();
  }

  /** A request has come in. */
  earn(): void {
    this.#earned = Math.min(savedMax * earningsPerRetry, this.#earned + 1);
  }

  /** Whether a retry may be made; if so it is paid for. */
  take(): boolean {
    const nowMs = this.#now();
    const refill = ((nowMs - this.#refilledAtMs) / 1000) * floorPerSecond * earningsPerRetry;
    this.#refilledAtMs = nowMs;
    const least = floor * earningsPerRetry;
    if (this.#earned < least) this.#earned = Math.min(least, this.#earned + refill);
    if (this.#earned < earningsPerRetry) return false;
    this.#earned -= earningsPerRetry;
    return true;
  }
}

/** A fifth: amplification of 1.2. */
const earningsPerRetry = 5;
const floor = 10;
const floorPerSecond = 1;
const savedMax = 400;
