/**
 * What is to be told to people, until it has been: the durable objects say each thing once, and what says it must not be lost
 * with a notifier that does not answer.
 *
 * In order; what cannot be sent now stays, with all behind it, for the next time. Beyond `MOST` the oldest are given up: they
 * stand in the log. A server that dies takes all along.
 */
import type { World } from "../engine/world.ts";

const SEND_MS = 5_000;
const MOST = 100;

export class NoticesToSend {
  readonly #world: Pick<World, "notify" | "clock">;
  readonly #log: (line: string) => void;
  #left: { readonly key: string; readonly text: string }[] = [];

  constructor(world: Pick<World, "notify" | "clock">, log: (line: string) => void) {
    this.#world = world;
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }

  add(key: string, text: string): void {
    this.#log(text);
    this.#left = [...this.#left, { key, text }].slice(-MOST);
  }

  /** Never throws. */
  async send(signal: AbortSignal): Promise<void> {
    const { notify, clock } = this.#world;
    for (let next = this.#left[0]; next !== undefined; next = this.#left[0]) {
      try {
        const within = clock.within(SEND_MS, signal);
        await notify.send({ ...next, severity: "warning", to: "operators" }, within);
      } catch (error) {
        this.#log(`not told yet: ${next.text} (${error instanceof Error ? error.message : String(error)})`);
        return;
      }
      this.#left.shift();
    }
  }
}
