/** Keeps a storm of failures from becoming a storm of log lines: so many a second, and how many were left out. */
export class FailureLog<Failure> {
  readonly #now: () => number;
  readonly #write: (failure: Failure, leftOut: number) => void;
  #second = -1;
  #written = 0;
  #leftOut = 0;

  constructor(now: () => number, write: (failure: Failure, leftOut: number) => void) {
    this.#now = now;
    this.#write = write;
  }

  add(failure: Failure): void {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#written = 0;
    }
    if (this.#written >= linesPerSecondMax) {
      this.#leftOut++;
      return;
    }
    this.#written++;
    this.#write(failure, this.#leftOut);
    this.#leftOut = 0;
  }
}

const linesPerSecondMax = 10;
