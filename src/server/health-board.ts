/**
 * What this server knows of the clouds' health: it asks every vantage point, each on its own, and has the health loop decide.
 *
 * 1. Verdicts are this server's own, in memory: they can be read while the durable engine stalls, and a server that is cut
 *    off says `unknown` by itself. Acting on them is for what is durable.
 * 2. A vantage point is asked again only after it has answered or its time is over; none waits for another.
 * 3. What is read is decided at that moment. Where too few for a quorum have been heard lately of any cloud (this process has
 *    just begun, or stood still), reading waits for a round first, for a bounded time: a guard must not refuse because of our
 *    own sleep. Nobody waits for a vantage point that has failed twice in a row.
 * 4. When this process has stood still itself, nothing is decided before that round either: what stood stands, and every dwell
 *    begins anew. Else the first voice that is heard again would be one of too few, and the cloud unknown for a dwell.
 * 5. A change is told once, in order.
 */
import type { Cloud, CloudFacts } from "../domain/snapshot.ts";
import { type Sighting, voicesOf } from "../domain/verdicts/sighting.ts";
import type { Clock } from "../ports/clock.ts";
import type { Health } from "../ports/health.ts";
import type { VantagePoint } from "../ports/vantage-points.ts";
import {
  decideHealth,
  type HealthChange,
  type HealthRules,
  type HealthState,
  newHealth,
  resumeHealth,
} from "../loops/health/decide.ts";

export type BoardParts = {
  readonly points: readonly VantagePoint[];
  readonly rules: HealthRules;
  readonly clock: Clock;
  readonly changed: (changes: readonly HealthChange[]) => void;
};

export type ShownVantage = {
  readonly name: string;
  readonly cloud: Cloud | null;
  /** Null: it has never been heard. */
  readonly sighting: Sighting | null;
  /** Why it did not answer the last time; null: it did. */
  readonly problem: string | null;
};

const EVERY_MS = 300;
const WITHIN_MS = 1_000;
const FIRST_ROUND_MS = 2_500;
const LOOK_MS = 25;
const ENOUGH = 2;
const GIVEN_UP_AFTER = 2;
/** Each vantage point leads to a step in this time, so who has made none stood still. */
const STOOD_STILL_MS = EVERY_MS + WITHIN_MS + 200;

export class HealthBoard implements Health {
  readonly #parts: BoardParts;
  readonly #sightings = new Map<string, Sighting>();
  readonly #problems = new Map<string, string>();
  readonly #failuresInARow = new Map<string, number>();
  /** Called when the verdict of a cloud as a whole has changed. */
  cloudChanged: () => void = () => undefined;
  #state: HealthState;
  #steppedAtMs: number;
  /** Null: it has heard enough since. */
  #wokeAtMs: number | null = null;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#steppedAtMs = parts.clock.now();
    this.#state = newHealth(parts.rules, this.#steppedAtMs);
  }

  /** Until the signal. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.points.map(async (point) => await this.#ask(point, signal)));
  }

  async verdicts(signal: AbortSignal): Promise<Readonly<Record<Cloud, CloudFacts>>> {
    await this.#untilHeard(signal);
    this.#wokeAtMs = null;
    this.#decide();
    return this.#facts();
  }

  /** By the last verdict, whoever is heard just now. */
  isDown(cloud: Cloud): boolean {
    return this.#state.clouds[cloud]?.verdict === "down";
  }

  nowMs(): number {
    return this.#parts.clock.now();
  }

  #facts(): Readonly<Record<Cloud, CloudFacts>> {
    const { clouds, clusters } = this.#state;
    const facts: Record<Cloud, CloudFacts> = {};
    for (const [cloud, { verdict, reason, observers, sinceMs }] of Object.entries(clouds)) {
      const own = Object.entries(clusters).filter(
        ([name]) => this.#parts.rules.clusters[name]?.cloud === cloud,
      );
      const verdicts = own.map(([name, standing]) => [name, standing.verdict] as const);
      facts[cloud] = { verdict, reason, observers, sinceMs, clusters: Object.fromEntries(verdicts) };
    }
    return facts;
  }

  clusters(): HealthState["clusters"] {
    return this.#state.clusters;
  }

  vantages(): readonly ShownVantage[] {
    return this.#parts.points.map(({ name, cloud }) => ({
      name,
      cloud,
      sighting: this.#sightings.get(name) ?? null,
      problem: this.#problems.get(name) ?? null,
    }));
  }

  async #ask(point: VantagePoint, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const { name, cloud } = point;
    while (!signal.aborted) {
      const dueMs = clock.now() + EVERY_MS;
      try {
        const look = await point.look(clock.within(WITHIN_MS));
        this.#sightings.set(name, { vantage: name, cloud, atMs: clock.now(), ...look });
        this.#problems.delete(name);
        this.#failuresInARow.delete(name);
      } catch (error) {
        this.#failuresInARow.set(name, (this.#failuresInARow.get(name) ?? 0) + 1);
        this.#problems.set(name, error instanceof Error ? error.message : String(error));
      }
      if (signal.aborted) return;
      this.#step();
      await clock.sleep(Math.max(1, dueMs - clock.now()), signal).catch(() => undefined);
    }
  }

  #step(): void {
    const nowMs = this.#parts.clock.now();
    this.#noticeAbsence(nowMs);
    if (this.#wokeAtMs !== null && !this.#isHeard() && nowMs - this.#wokeAtMs < FIRST_ROUND_MS) return;
    this.#wokeAtMs = null;
    this.#decide();
  }

  #noticeAbsence(nowMs: number): void {
    if (nowMs - this.#steppedAtMs > STOOD_STILL_MS) {
      this.#wokeAtMs = nowMs;
      this.#state = resumeHealth(this.#state);
    }
    this.#steppedAtMs = nowMs;
  }

  #decide(): void {
    const { rules, clock, changed } = this.#parts;
    const sightings = [...this.#sightings.values()];
    const next = decideHealth(this.#state, { sightings, nowMs: clock.now() }, rules);
    this.#state = next.state;
    if (next.changes.length > 0) changed(next.changes);
    if (next.changes.some(({ cluster }) => cluster === null)) this.cloudChanged();
  }

  async #untilHeard(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    this.#noticeAbsence(clock.now());
    const untilMs = clock.now() + FIRST_ROUND_MS;
    while (!this.#isHeard() && clock.now() < untilMs && !signal.aborted) await clock.sleep(LOOK_MS, signal);
  }

  /** Whether each vantage point has been asked, and of each cloud as many are heard as a quorum takes, or as there are. */
  #isHeard(): boolean {
    const { clock, points, rules } = this.#parts;
    const sightings = [...this.#sightings.values()];
    const [nowMs, { freshMs }] = [clock.now(), rules.timings];
    const voices = new Set(voicesOf(sightings, nowMs, freshMs).map(({ vantage }) => vantage));
    const isOwed = ({ name }: VantagePoint): boolean => {
      const last = this.#sightings.get(name);
      const hasAnswered = last !== undefined && nowMs - last.atMs < freshMs;
      return !hasAnswered && (this.#failuresInARow.get(name) ?? 0) < GIVEN_UP_AFTER;
    };
    const areHeard = (some: readonly VantagePoint[]): boolean =>
      some.filter(({ name }) => voices.has(name)).length >= ENOUGH || !some.some(isOwed);
    const isSettled = points.every(({ name }) => this.#sightings.has(name) || this.#problems.has(name));
    return isSettled && rules.clouds.every((at) => areHeard(points.filter(({ cloud }) => cloud !== at)));
  }
}
