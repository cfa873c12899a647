/**
 * S5, S6 and S10 of what a run knew: when it makes up its mind to give a cloud more, its own last look has shown pods enough
 * there and observers who call it healthy; and what it acts on is not old.
 *
 * Where the world changed behind that look nobody is to blame; where a look is told how it was some time ago neither. People
 * who override a guard know better.
 */
import type { Cloud, Section } from "../../domain/snapshot.ts";
import type { LookedAt, ModelEffect, Told, WorldEvent } from "../world/events.ts";
import type { ModelWorld } from "../world/model-world.ts";
import type { Approvals } from "./approved.ts";
import { weightsOf } from "./parse-effect.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";
import { mayBeToldOld } from "./told-old.ts";

/** By cluster: where it is, and what one of its pods was measured to serve. A cloud that is not in it is not judged. */
export type PodRates = Readonly<Record<string, { readonly cloud: Cloud; readonly perSecond: number }>>;

type Look = {
  readonly atMs: Partial<Record<LookedAt, number>>;
  /** Requests/s that pods of each cloud were ready for; null where that look may have been told old things. */
  able: Readonly<Record<Cloud, number>> | null;
  demand: number;
  told: Told | null;
};

/** What is older the product itself looks at again, 5 s after it has looked; a look takes its time as well. */
const OLD_MS = 12_000;
const SHOWN_BY: Readonly<Record<Section, LookedAt>> = { traffic: "policy", databases: "databases" };

export class Looks {
  readonly rules: readonly Rule[];
  readonly #world: ModelWorld;
  readonly #approvals: Approvals;
  readonly #rates: PodRates;
  readonly #now: () => number;
  readonly #looks = new Map<string, Look>();
  /** Until capacity changes. */
  #able: Readonly<Record<Cloud, number>> | null = null;
  /** By key and caller: what was known when it was asked for first. */
  readonly #asked = new Map<string, { readonly look: Look; readonly ageMs: number }>();
  readonly #overridden = new Set<string>();
  readonly #committed = new Set<string>();

  constructor(
    world: ModelWorld,
    of: { readonly approvals: Approvals; readonly rates: PodRates; readonly now: () => number },
  ) {
    this.#world = world;
    this.#approvals = of.approvals;
    this.#rates = of.rates;
    this.#now = of.now;
    this.rules = [
      {
        invariant: "S5",
        kinds: ["looked", "asked", "effect", "capacity"],
        after: (event) => {
          if (event.kind === "capacity") this.#able = null;
          if (event.kind === "looked") this.#look(event.run, event.at, event.told);
          if (event.kind === "asked") this.#ask(event);
          return event.kind === "effect" ? this.#short(event.effect, event.caller) : null;
        },
      },
      { invariant: "S6", kinds: ["effect"], after: (event) => this.#ofEffect(event, this.#unfit) },
      { invariant: "S10", kinds: ["effect"], after: (event) => this.#ofEffect(event, this.#old) },
    ];
  }

  /** People had that run go on against a guard. */
  override(run: string): void {
    this.#overridden.add(run);
  }

  #ofEffect(event: WorldEvent, judge: (effect: ModelEffect, caller: number) => string | null): string | null {
    return event.kind === "effect" ? judge(event.effect, event.caller) : null;
  }

  /** There are many of these: a proof looks again and again. */
  #look(run: string, at: LookedAt, told: Told | null): void {
    const look = this.#looks.get(run) ?? nothing();
    this.#looks.set(run, look);
    look.atMs[at] = this.#now();
    if (at === "verdicts") look.told = told;
    if (at !== "clusters") return;
    look.able = mayBeToldOld(this.#world) ? null : this.#ableNow();
    look.demand = this.#world.requestsPerSecond;
  }

  #ableNow(): Readonly<Record<Cloud, number>> {
    if (this.#able !== null) return this.#able;
    const able: Record<Cloud, number> = {};
    for (const [name, { ready }] of Object.entries(this.#world.clusters)) {
      const rate = this.#rates[name];
      if (rate !== undefined) able[rate.cloud] = (able[rate.cloud] ?? 0) + ready * rate.perSecond;
    }
    this.#able = able;
    return able;
  }

  #ask({ key, caller, section }: WorldEvent & { readonly kind: "asked" }): void {
    const place = `${key} ${caller}`;
    if (this.#asked.has(place)) return;
    const look = { ...(this.#looks.get(runOf(key)) ?? nothing()) };
    const atMs = look.atMs[SHOWN_BY[section]];
    this.#asked.set(place, { look, ageMs: atMs === undefined ? 0 : this.#now() - atMs });
  }

  #known(effect: ModelEffect, caller: number) {
    const isOurs = this.#approvals.isPlanned(effect) && !this.#overridden.has(runOf(effect.key));
    return isOurs ? this.#asked.get(`${effect.key} ${caller}`) : undefined;
  }

  #short(effect: ModelEffect, caller: number): string | null {
    const { able, demand, told } = this.#known(effect, caller)?.look ?? nothing();
    if (effect.op !== "set-weights" || able === null || (told !== null && this.#failsOpen(told))) return null;
    for (const [cloud, points] of raised(effect)) {
      const asked = (demand * points) / 100;
      const pods = able[cloud];
      if (pods !== undefined && asked > pods + ROUNDING_PER_SECOND)
        return `${effect.key} asks ${cloud} for ${asked} requests/s, and its last look had shown pods for ${pods}`;
    }
    return null;
  }

  /** While a cloud or a region is lost the others may be asked for more than they can: better some answers than none. */
  #failsOpen(told: Told): boolean {
    return Object.entries(told).some(
      ([name, verdict]) => verdict === "down" || (verdict === "unknown" && this.#isLostRegion(name, told)),
    );
  }

  /** Of a cloud that is not well, while another region of it is well and none is slow. */
  #isLostRegion(cluster: string, told: Told): boolean {
    const cloud = this.#rates[cluster]?.cloud;
    if (cloud === undefined || told[cloud] !== "degraded") return false;
    const beside = Object.keys(this.#rates).filter((name) => this.#rates[name]?.cloud === cloud);
    const verdicts = beside.map((name) => told[name]);
    return verdicts.includes("healthy") && !verdicts.includes("degraded");
  }

  readonly #unfit = (effect: ModelEffect, caller: number): string | null => {
    const told = this.#known(effect, caller)?.look.told ?? null;
    if (effect.op !== "set-weights" || told === null) return null;
    const unfit = raised(effect).find(([cloud]) => told[cloud] !== "healthy");
    return unfit === undefined
      ? null
      : `${effect.key} gives more to ${unfit[0]}, which its last look had called ${told[unfit[0]] ?? "unknown"}`;
  };

  readonly #old = (effect: ModelEffect, caller: number): string | null => {
    const known = this.#known(effect, caller);
    const isForward = !effect.target.startsWith("database/") || !this.#committed.has(runOf(effect.key));
    // Behind the commit there is only forward, whatever a look would show.
    if (known !== undefined && effect.op === "promote") this.#committed.add(runOf(effect.key));
    if (known === undefined || !isForward || known.ageMs <= OLD_MS) return null;
    return `${effect.key} rests on a look that was ${known.ageMs} ms old`;
  };
}

function nothing(): Look {
  return { atMs: {}, able: null, demand: 0, told: null };
}

const ROUNDING_PER_SECOND = 1e-6;

function raised(effect: ModelEffect): [Cloud, number][] {
  const { wanted, before } = weightsOf(effect);
  return Object.entries(wanted).filter(([cloud, points]) => points > (before[cloud] ?? 0));
}
