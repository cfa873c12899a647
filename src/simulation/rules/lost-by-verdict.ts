/**
 * S10: who leaves a cloud because it is lost has been told so. A run that survives the outage of a cloud takes traffic from it
 * only if one of its own looks was told that the cloud is anything but healthy; which cloud a run survives is told from outside.
 */
import type { Cloud } from "../../domain/snapshot.ts";
import type { ModelEffect, Told, WorldEvent } from "../world/events.ts";
import { weightsOf } from "./parse-effect.ts";
import type { Rule } from "./rule.ts";
import { runOf } from "./run-of.ts";

export class LostByVerdict {
  readonly rule: Rule;
  /** By run. */
  readonly #surviving = new Map<string, { readonly cloud: Cloud; toldSo: boolean }>();

  constructor() {
    this.rule = { invariant: "S10", kinds: ["looked", "effect"], after: (event) => this.#after(event) };
  }

  survives(run: string, cloud: Cloud): void {
    this.#surviving.set(run, { cloud, toldSo: false });
  }

  #after(event: WorldEvent): string | null {
    if (event.kind === "looked") this.#hear(event.run, event.told);
    return event.kind === "effect" ? this.#left(event.effect) : null;
  }

  #hear(run: string, told: Told | null): void {
    const of = this.#surviving.get(run);
    if (of !== undefined && told !== null && told[of.cloud] !== "healthy") of.toldSo = true;
  }

  #left(effect: ModelEffect): string | null {
    const run = runOf(effect.key);
    const of = this.#surviving.get(run);
    if (of === undefined || of.toldSo || effect.op !== "set-weights") return null;
    const { wanted, before } = weightsOf(effect);
    if ((wanted[of.cloud] ?? 0) >= (before[of.cloud] ?? 0)) return null;
    return `${run} leaves ${of.cloud}, and was never told anything but that it is healthy`;
  }
}
