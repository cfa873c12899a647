/**
 * Clients of the database who try a commit at every member, again and again: who acknowledges what, and when, is seen
 * from outside, and not by anybody's word about roles. They try at an interval, and right before and after every effect.
 */
import type { Cloud } from "../domain/snapshot.ts";
import type { Kernel } from "./kernel.ts";
import type { ModelWorld } from "./world/model-world.ts";

export type Acknowledged = {
  readonly atMs: number;
  readonly cloud: Cloud;
  readonly timeline: number;
  readonly position: number;
};

const USUAL_MS = 250;

export class Clients {
  readonly acknowledged: Acknowledged[] = [];
  readonly #kernel: Kernel;
  readonly #world: ModelWorld;

  constructor(kernel: Kernel, world: ModelWorld) {
    this.#kernel = kernel;
    this.#world = world;
  }

  start(everyMs = USUAL_MS): void {
    this.#world.aroundEffects = () => this.#commit();
    this.#tick(everyMs);
  }

  #tick(everyMs: number): void {
    this.#commit();
    this.#kernel.at(this.#kernel.nowMs + everyMs, () => this.#tick(everyMs));
  }

  #commit(): void {
    const { nowMs } = this.#kernel;
    for (const { cloud, timeline, position } of this.#world.databases.commitEverywhere())
      this.acknowledged.push({ atMs: nowMs, cloud, timeline, position });
  }
}
