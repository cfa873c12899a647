/** A small night for tests: the inventory of the checkout, a world, its checker, and calls that let its time pass. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseInventory } from "../../domain/inventory/parse.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Cloud, Snapshot } from "../../domain/snapshot.ts";
import { stepTokens } from "../../ports/contract-tokens.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import { Attempt } from "../attempt.ts";
import { Checker, type Limits } from "../checkers.ts";
import { Clients } from "../clients.ts";
import type { Fault, FaultGroup } from "../faults.ts";
import { Kernel } from "../kernel.ts";
import { Random } from "../random.ts";
import { type ModelPorts } from "../world/model-ports.ts";
import { ModelWorld } from "../world/model-world.ts";
import { type Ranges, ZERO_RANGES } from "../world/ranges.ts";

const START_MS = 1_700_000_000_000;

export function inventoryAtHand(): Inventory {
  const file = join(import.meta.dirname, "../../../inventory.yaml");
  const parsed = parseInventory(parse(readFileSync(file, "utf8")));
  if (!parsed.ok) throw new Error("the inventory does not parse");
  return parsed.inventory;
}

export type NightOptions = {
  readonly ranges?: Partial<Ranges>;
  readonly seed?: number;
  readonly snapshot?: Snapshot;
  readonly limits?: Partial<Limits>;
  readonly kernel?: Kernel;
  readonly inventory?: Inventory;
};

export class Night {
  readonly kernel: Kernel;
  readonly world: ModelWorld;
  readonly checker: Checker;
  readonly clients: Clients;
  readonly ports: ModelPorts;
  readonly inventory: Inventory;
  /** Of one run, under the lock of traffic and of the database. */
  readonly traffic = stepTokens("run-1", "traffic", 1);
  readonly database = stepTokens("run-2", "database/wildlifedb", 1);

  constructor({ ranges, seed = 1, snapshot, limits, kernel, inventory }: NightOptions = {}) {
    this.kernel = kernel ?? new Kernel(START_MS);
    this.inventory = inventory ?? inventoryAtHand();
    const now = () => this.kernel.now();
    this.world = new ModelWorld(this.inventory, now, {
      kernel: this.kernel,
      random: new Random(seed),
      ranges: { ...ZERO_RANGES, ...ranges },
      ...(snapshot === undefined ? {} : { snapshot }),
    });
    this.checker = new Checker(this.world, now, limits);
    this.clients = new Clients(this.kernel, this.world);
    this.ports = this.world.ports(new Attempt(0, this.kernel));
  }

  /** Lets the world go on until that is answered. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.kernel.run(work);
  }

  pass(ms: number): Promise<void> {
    return this.kernel.pass(ms);
  }

  get broken(): string[] {
    return this.checker.violations().map(({ invariant }) => invariant);
  }

  async setWeights(weights: Readonly<Record<Cloud, number>>, token = this.traffic()) {
    const { version } = this.world.policy;
    const request = { weights, expectedVersion: version, token, setBy: "olivia", why: "a test" };
    return await this.run(this.ports.edge.setWeights(request, this.kernel.within(60_000)));
  }

  async scale(cluster: string, replicas: number, token = this.traffic()) {
    const expectedGeneration = this.world.clusters[cluster]?.generation ?? 0;
    const request = { cluster, replicas, expectedGeneration, token };
    return await this.run(this.ports.clusters.scale(request, this.kernel.within(60_000)));
  }

  async perform(cloud: Cloud, act: DatabaseAct, token = this.database()) {
    const at = { database: "wildlifedb", cloud };
    return await this.run(this.ports.databases.perform(at, act, token, this.kernel.within(60_000)));
  }

  /** What a write at that member comes to, once that is known. */
  async write(cloud: Cloud): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.world.databases.write(cloud, (outcome) => {
      resolve(outcome);
      this.kernel.stir();
    });
    return await this.run(promise);
  }

  member(cloud: Cloud) {
    return this.world.databases.observe(cloud);
  }
}

export function fault(group: FaultGroup, kind: string, actor: string): Fault {
  return { group, kind, actor };
}
