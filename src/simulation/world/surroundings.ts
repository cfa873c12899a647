/** What every part of a simulated world shares: time, chance, how long things take, which faults there are, who is told. */
import type { Fault } from "../faults.ts";
import type { Kernel } from "../kernel.ts";
import type { Random } from "../random.ts";
import type { WorldEvent } from "./events.ts";
import type { Range, Ranges } from "./ranges.ts";

const SKEW_MS = 7_000;
const JUMP_MS = 3_600_000;

export class Surroundings {
  readonly kernel: Kernel;
  readonly random: Random;
  readonly ranges: Ranges;
  events = 0;
  /** Changes with every event and its time, so that two nights of one seed can be compared. */
  digest = 0x811c9dc5;
  onEvent: (event: WorldEvent) => void = () => undefined;
  readonly #active = new Map<string, Fault>();
  /** By kind: asked for with every call and every piece of WAL, mostly of a kind that nobody has. */
  readonly #actors = new Map<string, Set<string>>();
  #healed = new Map<string, (() => void)[]>();

  constructor(kernel: Kernel, random: Random, ranges: Ranges) {
    this.kernel = kernel;
    this.random = random;
    this.ranges = ranges;
  }

  emit(event: WorldEvent): void {
    this.events += 1;
    const { kind } = event;
    this.digest = Math.imul(this.digest ^ kind.charCodeAt(0) ^ (kind.length << 8), 0x0100_0193);
    this.digest = Math.imul(this.digest ^ (this.kernel.nowMs * 16), 0x0100_0193) >>> 0;
    this.onEvent(event);
  }

  /** ms, drawn evenly. */
  draw([least, most]: Range): number {
    return least === most ? least : Math.round(least + this.random.next() * (most - least));
  }

  /** At once when nothing is to be waited for. `fire` settles no promise. */
  after(ms: number, fire: () => void): void {
    if (ms <= 0) fire();
    else this.kernel.plain(this.kernel.nowMs + ms, fire);
  }

  get anyFault(): boolean {
    return this.#active.size > 0;
  }

  get faults(): readonly Fault[] {
    return [...this.#active.values()];
  }

  /** Whether anybody has such a fault. */
  hasAny(kind: string): boolean {
    return (this.#actors.get(kind)?.size ?? 0) > 0;
  }

  has(kind: string, actor: string): boolean {
    return this.#active.size > 0 && this.#actors.get(kind)?.has(actor) === true;
  }

  /** As `has`, of the actor `noun/name`, which is spelled out only where somebody has such a fault. */
  hasAt(kind: string, noun: string, name: string): boolean {
    if (this.#active.size === 0) return false;
    const actors = this.#actors.get(kind);
    return actors !== undefined && actors.size > 0 && actors.has(`${noun}/${name}`);
  }

  /** Whether a fault of an interface hits this one call. */
  strikes(kind: string, actor: string): boolean {
    if (!this.has(kind, actor)) return false;
    const { troubledShare } = this.ranges;
    return troubledShare >= 1 || this.random.chance(troubledShare);
  }

  /** How far that actor's clock is ahead of the true time. */
  skewMs(actor: string): number {
    if (this.#active.size === 0) return 0;
    return (this.has("skew", actor) ? SKEW_MS : 0) + (this.has("jump", actor) ? JUMP_MS : 0);
  }

  /** False: it was there already. */
  begin(fault: Fault): boolean {
    const key = `${fault.kind}@${fault.actor}`;
    if (this.#active.has(key)) return false;
    this.#active.set(key, fault);
    const actors = this.#actors.get(fault.kind);
    if (actors === undefined) this.#actors.set(fault.kind, new Set([fault.actor]));
    else actors.add(fault.actor);
    return true;
  }

  /** False: it was not there. */
  end(fault: Fault): boolean {
    const key = `${fault.kind}@${fault.actor}`;
    if (!this.#active.delete(key)) return false;
    this.#actors.get(fault.kind)?.delete(fault.actor);
    for (const wake of this.#healed.get(key) ?? []) wake();
    this.#healed.delete(key);
    return true;
  }

  /** Resolves when that fault is over; at once when there is none. */
  async over(kind: string, actor: string): Promise<void> {
    if (!this.has(kind, actor)) return;
    const key = `${kind}@${actor}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#healed.set(key, [...(this.#healed.get(key) ?? []), resolve]);
    await promise;
  }
}
