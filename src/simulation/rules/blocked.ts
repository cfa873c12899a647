/**
 * L3, for writes: where nothing is wrong and nobody is waited for, writes that a run has blocked are open again within the time
 * that a pivot may take.
 */
import type { WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Rule } from "./rule.ts";

/** What a run still has to do behind its deadline to open them again. */
const WAY_BACK_MS = 30_000;

export class Blocked {
  readonly rule: Rule;
  readonly #world: ModelWorld;
  readonly #now: () => number;
  readonly #mostMs: number;
  /** Runs that wait for people, and have said so. */
  readonly #waiting = new Set<string>();
  /** People ended a run as it stood while writes were blocked: until they are open again that is theirs. */
  #takenOver = false;
  /** Since when writes are blocked and nothing is wrong; null: they are not, or something is. */
  #sinceMs: number | null = null;
  /** They are blocked, nothing is wrong, and nobody is waited for. */
  #counts = false;
  #told = false;

  constructor(world: ModelWorld, of: { readonly pivotMs: number; readonly now: () => number }) {
    this.#world = world;
    this.#now = of.now;
    this.#mostMs = of.pivotMs + WAY_BACK_MS;
    this.rule = {
      invariant: "L3",
      kinds: ["effect", "fault", "writable", "request"],
      after: (event) => this.#after(event),
    };
  }

  disturbed(): void {
    this.#sinceMs = null;
  }

  waits(run: string, isWaiting: boolean): void {
    if (this.#waiting.has(run) === isWaiting) return;
    if (isWaiting) this.#waiting.add(run);
    else this.#waiting.delete(run);
    this.#look();
    this.#sinceMs = null;
  }

  endedAsItStands(): void {
    this.#takenOver = this.#isBlocked();
    this.#look();
  }

  #look(): void {
    const isBlocked = this.#isBlocked();
    if (!isBlocked) this.#takenOver = false;
    this.#counts = isBlocked && !this.#takenOver && this.#waiting.size === 0 && !this.#world.anyFault;
  }

  /** Requests come by the hundred: what they find was settled by what really changes something. */
  #after(event: WorldEvent): string | null {
    if (event.kind !== "request") {
      this.#look();
      if (event.kind === "fault" || !this.#counts) this.#sinceMs = null;
    }
    if (!this.#counts) return null;
    this.#sinceMs ??= this.#now();
    const ms = this.#now() - this.#sinceMs;
    if (this.#told || ms <= this.#mostMs) return null;
    this.#told = true;
    return `writes have been blocked for ${ms} ms while nothing was wrong`;
  }

  #isBlocked(): boolean {
    const members = Object.values(this.#world.databases.members);
    const isOpen = members.some(
      ({ running, primary, writesBlocked }) => running && primary && !writesBlocked,
    );
    return !isOpen && members.some(({ writesBlocked }) => writesBlocked);
  }
}
