/** Servers that became writable by themselves or by hand, and since when the product could know. */
import type { Cloud } from "../../domain/snapshot.ts";

export class Risen {
  /** When it was looked at first since, ms; null: not yet. */
  readonly #seenAtMs = new Map<Cloud, number | null>();

  rose(cloud: Cloud): void {
    this.#seenAtMs.set(cloud, null);
  }

  looked(cloud: Cloud, nowMs: number): void {
    if (this.#seenAtMs.get(cloud) === null) this.#seenAtMs.set(cloud, nowMs);
  }

  /** Whoever asked for something then could not know of it. */
  isUnknownTo(cloud: Cloud, askedAtMs: number): boolean {
    const seenAtMs = this.#seenAtMs.get(cloud);
    return seenAtMs === null || (seenAtMs !== undefined && seenAtMs > askedAtMs);
  }
}
