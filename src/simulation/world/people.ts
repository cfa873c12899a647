/**
 * Somebody who acts by hand at the consoles, at the same time as the product and without its locks. A careful person: weights
 * stay whole, and a primary is only made where the one before has been stopped.
 */
import { quorumOf } from "./member.ts";
import type { ModelClusters } from "./model-clusters.ts";
import type { ModelDatabases } from "./model-databases.ts";
import type { ModelEdge } from "./model-edge.ts";
import type { Surroundings } from "./surroundings.ts";

const WHO = "somebody at the console";
const POINTS = 5;

export class People {
  readonly #around: Surroundings;
  readonly #edge: ModelEdge;
  readonly #clusters: ModelClusters;
  readonly #databases: ModelDatabases;
  #weights: { readonly before: Readonly<Record<string, number>>; readonly version: number } | null = null;
  #scaled: { readonly name: string; readonly before: number; readonly generation: number } | null = null;

  constructor(around: Surroundings, edge: ModelEdge, clusters: ModelClusters, databases: ModelDatabases) {
    this.#around = around;
    this.#edge = edge;
    this.#clusters = clusters;
    this.#databases = databases;
  }

  begin(kind: string): void {
    switch (kind) {
      case "changes-weights":
        return this.#changeWeights();
      case "scales":
        return this.#scale();
      case "promotes":
        return this.#moveThePrimary();
      default:
        throw new RangeError(`nobody does ${kind} by hand`);
    }
  }

  /** They take back what they did, where it still stands as they left it. A promotion is not taken back. */
  end(kind: string): void {
    if (kind === "changes-weights") {
      const ours = this.#weights;
      this.#weights = null;
      if (ours !== null && this.#edge.policy.version === ours.version) {
        this.#edge.setByHand(ours.before, WHO);
        this.#changed("traffic");
      }
    }
    if (kind === "scales") {
      const ours = this.#scaled;
      this.#scaled = null;
      if (ours !== null && this.#clusters.facts[ours.name]?.generation === ours.generation) {
        this.#clusters.scale(ours.name, ours.before, null);
        this.#changed(`cluster/${ours.name}`);
      }
    }
  }

  #changed(target: string): void {
    const [, cluster = ""] = target.split("/");
    const { policy } = this.#edge;
    const state =
      target === "traffic" ? JSON.stringify(policy.weights) : String(this.#clusters.facts[cluster]?.replicas);
    this.#around.emit({ kind: "by-hand", target, state });
  }

  #changeWeights(): void {
    const before = this.#edge.policy.weights;
    const from = this.#around.random.pick(Object.keys(before).filter((cloud) => (before[cloud] ?? 0) > 0));
    const to = this.#around.random.pick(Object.keys(before).filter((cloud) => cloud !== from));
    const points = Math.min(POINTS, before[from] ?? 0);
    const weights = { ...before, [from]: (before[from] ?? 0) - points, [to]: (before[to] ?? 0) + points };
    this.#edge.setByHand(weights, WHO);
    this.#changed("traffic");
    this.#weights = { before, version: this.#edge.policy.version };
  }

  #scale(): void {
    const { facts } = this.#clusters;
    const name = this.#around.random.pick(Object.keys(facts));
    const before = facts[name]?.replicas ?? 0;
    // One more is at times just what a run is about to ask for, two more is not.
    this.#clusters.scale(name, before + this.#around.random.pick([1, 2]), null);
    this.#changed(`cluster/${name}`);
    this.#scaled = { name, before, generation: facts[name]?.generation ?? 0 };
  }

  /** Only where there is one primary and a standby that streams from it: stop, promote, have the others follow. */
  #moveThePrimary(): void {
    const databases = this.#databases;
    const from = databases.primary();
    const others = Object.keys(databases.members);
    const fit = others.filter(
      (cloud) =>
        databases.members[cloud]?.follows === from &&
        databases.replication.streams(cloud) &&
        !this.#around.has("promotion-fails", `database/${cloud}`),
    );
    if (from === null || fit.length === 0 || others.some((cloud) => this.#isWritableBeside(cloud, from)))
      return;
    const to = this.#around.random.pick(fit);
    const names = databases.members[from]?.synchronousNames ?? "";
    databases.apply(from, { act: "stop-cleanly" }, "hand");
    databases.apply(to, { act: "promote" }, "hand");
    const rest = others.filter((cloud) => cloud !== to);
    for (const cloud of rest) {
      const slot = databases.slotOf(cloud);
      databases.apply(to, { act: "create-slot", slot }, "hand");
      if (!databases.isDivergedFromPrimary(cloud))
        databases.apply(cloud, { act: "follow", primary: to, slot }, "hand");
    }
    const count = quorumOf(names)?.count ?? 0;
    const list = rest.map((cloud) => databases.slotOf(cloud)).join(", ");
    if (count > 0) databases.apply(to, { act: "set-synchronous", names: `ANY ${count} (${list})` }, "hand");
  }

  #isWritableBeside(cloud: string, primary: string): boolean {
    const member = this.#databases.members[cloud];
    return cloud !== primary && member !== undefined && member.running && member.primary;
  }
}
