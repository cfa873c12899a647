/**
 * The clients of a simulated world.
 *
 * Writers of the database try a commit at every member, again and again: who acknowledges what, and when, is seen from
 * outside, and not by anybody's word about roles. They try at an interval, and right before and after every effect.
 *
 * Users come to the edge in an open loop: at their rate, whatever became of those before. Most read. What fails they try
 * again under the same key, a little later and only so often; in a retry storm at once and many times.
 */
import type { Cloud } from "../domain/snapshot.ts";
import type { Kernel } from "./kernel.ts";
import { Random } from "./random.ts";
import type { ModelWorld } from "./world/model-world.ts";

export type Acknowledged = {
  readonly atMs: number;
  readonly cloud: Cloud;
  readonly timeline: number;
  readonly position: number;
};

/** `requestsPerSecond`: of users at the edge; a part of the demand stands for the whole. */
export type Users = {
  readonly requestsPerSecond: number;
  readonly seed: number;
  readonly writeShare: number;
};

export type Goodput = {
  readonly asked: number;
  readonly requests: number;
  readonly good: number;
  readonly gaveUp: number;
};

const USUAL_MS = 250;
const TRIES_MOST = 3;
const TRIES_IN_STORM = 10;
const PAUSE_MS = 1_000;
const PAUSE_IN_STORM_MS = 20;
/** A pod looks for a database that takes its write for so long. */
const WRITE_BOUND_MS = 5_000;
const WRITE_PAUSE_MS = 50;

export class Clients {
  readonly acknowledged: Acknowledged[] = [];
  /** How much more seldom they come just now: what stands still is seen by few as well. */
  seldom: () => number = () => 1;
  /** Users: new keys, requests that they came to, and what became of the keys. */
  asked = 0;
  requests = 0;
  good = 0;
  gaveUp = 0;
  readonly #kernel: Kernel;
  readonly #world: ModelWorld;
  #random = new Random(1);
  #stopped = false;

  constructor(kernel: Kernel, world: ModelWorld) {
    this.#kernel = kernel;
    this.#world = world;
  }

  start(everyMs = USUAL_MS, users: Users | null = null): void {
    this.#stopped = false;
    this.#world.aroundEffects = () => this.#commit();
    this.#tick(everyMs);
    if (users === null) return;
    this.#random = new Random(users.seed);
    this.#comes(users);
  }

  /** No more come; what is under way ends. */
  stop(): void {
    this.#stopped = true;
  }

  get goodput(): Goodput {
    const { asked, requests, good, gaveUp } = this;
    return { asked, requests, good, gaveUp };
  }

  #tick(everyMs: number): void {
    if (this.#stopped) return;
    this.#commit();
    this.#kernel.plain(this.#kernel.nowMs + everyMs * this.seldom(), () => this.#tick(everyMs));
  }

  #commit(): void {
    const { databases } = this.#world;
    for (const cloud of databases.names) {
      databases.write(cloud, (outcome, at) => {
        if (outcome !== "acknowledged" || at === null) return;
        this.acknowledged.push({ atMs: this.#kernel.nowMs, cloud, ...at });
      });
    }
  }

  #comes(users: Users): void {
    if (this.#stopped) return;
    this.asked += 1;
    this.#try(1, this.#random.next() < users.writeShare);
    const surge = this.#world.requestsPerSecond / Math.max(1, this.#world.service.usualPerSecond);
    const meanMs = (1_000 * this.seldom()) / (users.requestsPerSecond * surge);
    // Arrivals do not wait for each other: gaps are exponential.
    const gapMs = -Math.log(1 - this.#random.next()) * meanMs;
    this.#kernel.plain(this.#kernel.nowMs + gapMs, () => this.#comes(users));
  }

  #try(number: number, isWrite: boolean): void {
    this.requests += 1;
    const { ok, cloud } = this.#world.edge.request();
    if (!ok) return this.#failed(number, isWrite);
    if (isWrite) return this.#write(number, this.#kernel.nowMs + WRITE_BOUND_MS);
    if (this.#world.serveRead(cloud)) this.good += 1;
    else this.#failed(number, isWrite);
  }

  #write(number: number, untilMs: number): void {
    const { databases } = this.#world;
    const primary = databases.primary();
    if (primary === null) return this.#writeAgain(number, untilMs);
    databases.write(primary, (outcome) => {
      if (outcome === "acknowledged") this.good += 1;
      else this.#writeAgain(number, untilMs);
    });
  }

  #writeAgain(number: number, untilMs: number): void {
    const atMs = this.#kernel.nowMs + WRITE_PAUSE_MS;
    if (atMs > untilMs) return this.#failed(number, true);
    this.#kernel.plain(atMs, () => this.#write(number, untilMs));
  }

  #failed(number: number, isWrite: boolean): void {
    const storm = this.#world.hasFault("retry-storm");
    if (number >= (storm ? TRIES_IN_STORM : TRIES_MOST)) {
      this.gaveUp += 1;
      return;
    }
    const pauseMs = storm ? PAUSE_IN_STORM_MS : PAUSE_MS * (0.5 + this.#random.next());
    this.#kernel.plain(this.#kernel.nowMs + pauseMs, () => this.#try(number + 1, isWrite));
  }
}
