/**
 * Has clouds cut off from everything outside of them, by the relay that all ways between places go through.
 *
 * 1. The relay is always told of all that are cut off, one order after the other, so that none undoes another.
 * 2. A cut counts when every link of that cloud was asked and nothing was heard; else it is taken back.
 */
import type { ControlClient } from "../control-client.ts";
import { cutOrder } from "../links/config.ts";
import { isCut, type Link, wordsOf } from "../links/link.ts";
import { linksThatAnswer } from "../links/silence.ts";

const answerWithinMs = 5_000;
const silentForMs = 400;

export type LinksOfWorld = {
  readonly relay: ControlClient;
  readonly table: readonly Link[];
  /** The port of each cloud's agent. */
  readonly agents: Readonly<Record<string, number>>;
};

export class LinkFaults {
  readonly #links: LinksOfWorld;
  readonly #cut = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(links: LinksOfWorld) {
    this.#links = links;
  }

  /** Since when nothing passes. Throws when the relay does not answer, or lets anything through. */
  async begin(cloud: string): Promise<number> {
    const atMs = Date.now();
    this.#cut.add(cloud);
    try {
      await this.#tell();
      const { table, agents } = this.#links;
      const own = table.filter((link) => isCut(link, new Set([cloud])));
      const heard = await linksThatAnswer(own, agents, silentForMs);
      if (heard.length === 0) return atMs;
      throw new Error(`${cloud} is not cut off: something is heard from ${heard.map(wordsOf).join(", ")}`);
    } catch (error) {
      this.#cut.delete(cloud);
      await this.#tell().catch(() => undefined);
      throw error;
    }
  }

  async end(cloud: string): Promise<void> {
    if (!this.#cut.delete(cloud)) return;
    try {
      await this.#tell();
    } catch (error) {
      // It can be asked for again.
      this.#cut.add(cloud);
      throw error;
    }
  }

  /** Nothing is cut off any more, so that the world can go down as it should. */
  async close(): Promise<void> {
    if (this.#cut.size > 0) {
      this.#cut.clear();
      await this.#tell().catch(() => undefined);
    }
    await this.#links.relay.close();
  }

  async #tell(): Promise<void> {
    const told = this.#last.then(async () => {
      const body = { clouds: [...this.#cut] };
      const order = { method: "PUT", path: "/v1/cut", body, withinMs: answerWithinMs } as const;
      await this.#links.relay.change(order, cutOrder, AbortSignal.timeout(answerWithinMs));
    });
    this.#last = told.catch(() => undefined);
    await told;
  }
}
