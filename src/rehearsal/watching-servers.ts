/**
 * The servers of a watched installation: each asks every vantage point, decides for itself what stands, and tells automation.
 * Their loops are the product's own (`health-board.ts`, `autonomy.ts`); only what they touch is a model.
 */
import type { AutomationPolicy } from "../domain/automation.ts";
import type { RunsEnd } from "../domain/schedule.ts";
import type { Cloud, CloudFacts } from "../domain/snapshot.ts";
import type { ClusterSight } from "../domain/verdicts/sighting.ts";
import type { World } from "../engine/world.ts";
import type { HealthChange, HealthRules } from "../loops/health/decide.ts";
import type { Automation } from "../ports/automation.ts";
import type { Clock } from "../ports/clock.ts";
import { retryable } from "../ports/errors.ts";
import type { Look, VantagePoint } from "../ports/vantage-points.ts";
import { Autonomy } from "../server/autonomy.ts";
import { HealthBoard } from "../server/health-board.ts";
import type { Kernel } from "../simulation/kernel.ts";

export type ServerParts = {
  readonly name: string;
  /** It dies with it. */
  readonly cloud: Cloud;
  readonly points: readonly VantagePoint[];
  readonly rules: HealthRules;
  readonly automation: Automation;
  readonly policy: AutomationPolicy;
  readonly world: World;
  readonly kernel: Kernel;
  readonly endOf: (run: string) => Promise<RunsEnd | null>;
  readonly says: (line: string) => void;
};

const AHEAD_MS = 90_000;

export class WatchingServer {
  readonly name: string;
  readonly cloud: Cloud;
  readonly troubles = new Set<string>();
  isDead = false;
  readonly #parts: ServerParts;
  readonly #facts: Record<Cloud, CloudFacts> = {};

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.cloud = parts.cloud;
    for (const cloud of parts.rules.clouds)
      this.#facts[cloud] = {
        verdict: "unknown",
        reason: "nobody has looked yet",
        observers: 0,
        sinceMs: parts.kernel.nowMs,
        clusters: {},
      };
  }

  /** What this server says of each cloud. */
  get facts(): Readonly<Record<Cloud, CloudFacts>> {
    return { ...this.#facts };
  }

  get hears(): boolean {
    return !this.isDead && !this.troubles.has("deaf");
  }

  /** A run that it works on is told the truth, as far as anybody knows it. */
  get canBeAsked(): boolean {
    return this.hears && !this.troubles.has("misled") && !this.troubles.has("deluded");
  }

  /** Until the signal. */
  watch(signal: AbortSignal): void {
    const { rules, policy, world, name } = this.#parts;
    const clock = this.#clock();
    const points = this.#parts.points.map((point) => this.#heard(point));
    const board = new HealthBoard({ points, rules, clock, changed: (changes) => this.#changed(changes) });
    const autonomy = new Autonomy({
      name: `server ${name}`,
      automation: this.#telling(),
      board,
      world: { ...world, clock },
      policy,
      ground: {},
      endOf: this.#parts.endOf,
      log: (line) => this.#parts.says(line),
    });
    board.cloudChanged = () => autonomy.wake();
    void board.watch(signal);
    void autonomy.run(signal);
  }

  #clock(): Clock {
    const { kernel } = this.#parts;
    const offMs = (): number =>
      this.troubles.has("clock-ahead") ? AHEAD_MS : this.troubles.has("clock-behind") ? -AHEAD_MS : 0;
    return {
      now: () => kernel.now() + offMs(),
      sleep: (ms, signal) => kernel.sleep(ms, signal),
      within: (ms) => kernel.within(ms),
    };
  }

  #heard(point: VantagePoint): VantagePoint {
    let kept: Look | null = null;
    return {
      ...point,
      look: async (signal) => {
        const isMisled = this.troubles.has("misled");
        if (isMisled && kept !== null) return kept;
        const look = await point.look(signal);
        if (!this.hears) throw retryable(`server ${this.name} hears nobody`);
        kept = look;
        return this.troubles.has("deluded") ? this.#deluded(look) : look;
      },
    };
  }

  /** Of the first cloud that is not its own. */
  #deluded({ isolated, clusters }: Look): Look {
    const { rules } = this.#parts;
    const about = rules.clouds.find((cloud) => cloud !== this.cloud);
    const sights = Object.entries(clusters).map(([name, sight]): [string, ClusterSight] => [
      name,
      rules.clusters[name]?.cloud === about ? { state: "fails", reason: "so it says" } : sight,
    ]);
    return { isolated, clusters: Object.fromEntries(sights) };
  }

  #telling(): Automation {
    const { automation } = this.#parts;
    return {
      ...automation,
      told: async (news, signal) => {
        if (this.isDead || this.troubles.has("mute")) throw retryable(`server ${this.name} is not heard`);
        return await automation.told(news, signal);
      },
    };
  }

  #changed(changes: readonly HealthChange[]): void {
    for (const { cloud, cluster, from, to, reason, observers, atMs } of changes) {
      const facts = this.#facts[cloud];
      if (facts === undefined) continue;
      this.#facts[cloud] =
        cluster === null
          ? { ...facts, verdict: to, reason, observers, sinceMs: atMs }
          : { ...facts, clusters: { ...facts.clusters, [cluster]: to } };
      if (cluster === null) this.#parts.says(`${cloud} ${from} -> ${to}, by ${observers}: ${reason}`);
    }
  }
}
