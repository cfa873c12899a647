/**
 * The faults of the running world, a cloud or a cluster each: the supervisor's, because the keepers are its children.
 *
 * 1. One fault a cloud, or one a cluster of it. A kill of the cloud may follow any other, as in earnest; nothing else follows
 *    anything. A killed cluster has no pods until it is healed; agent, observer and database of its cloud go on.
 * 2. Orders for one cloud are carried out one after the other; a refused one has changed nothing.
 * 3. A killed cloud comes back by `heal` alone: keeper, agent, pods and, where it had one, its member of the orchestrator.
 *    Its database server stays stopped: whether and as what it may start is for the cloud's own agent and for runbooks to say.
 * 4. A keeper that ends without an order is a kill too, by somebody else, and is healed like one.
 * 5. What was frozen is thawed before the world goes down: a stopped process ends nothing. What was cut off is let in again.
 * 6. A cloud that is cut off goes on within itself. Only a world that was brought up for it has links that can be cut.
 */
import type { ProcessIdentity } from "../processes/identity.ts";
import type { ClusterFaults } from "./cluster-faults.ts";
import {
  clusterIn,
  clusterTarget,
  type FaultOrder,
  FaultRefused,
  type FaultRow,
  faultBeginning,
  type Healed,
  healed,
  type Struck,
} from "./fault.ts";
import type { LinkFaults } from "./link-faults.ts";
import type { PodFaults } from "./pod-faults.ts";
import { freezeGroup, killGroup, thawGroup } from "./strike.ts";

export type Ground = {
  readonly clouds: readonly string[];
  /** The cloud of each cluster. */
  readonly clusters: Readonly<Record<string, string>>;
  readonly keeperOf: (cloud: string) => ProcessIdentity | null;
  /** A new keeper with all that bring-up starts in a cloud, but for the database server. */
  readonly bringBack: (cloud: string) => Promise<void>;
  readonly pods: PodFaults;
  readonly clusterFaults: ClusterFaults;
  /** Null: nothing can be cut off in this world. */
  readonly links: LinkFaults | null;
  /** Called after each change, with all there are. */
  readonly changed: (faults: readonly FaultRow[]) => void;
};

export class CloudFaults {
  readonly #ground: Ground;
  /** By whom they are for. */
  readonly #faults = new Map<string, FaultRow>();
  readonly #frozen = new Map<string, readonly ProcessIdentity[]>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  list(): FaultRow[] {
    return [...this.#faults.values()];
  }

  /** Answers once every process is struck, or every pod is told. Throws FaultRefused. */
  async begin(target: string, order: FaultOrder): Promise<FaultRow> {
    const struck = this.#known(target);
    const row = faultBeginning(struck, order);
    return await this.#inTurn(struck.cloud, async () => await this.#begin(row));
  }

  /** Throws FaultRefused. */
  async heal(target: string): Promise<Healed> {
    const struck = this.#known(target);
    return await this.#inTurn(struck.cloud, async () => await this.#heal(struck));
  }

  /** The cloud's keeper has ended, by whomever. */
  keeperEnded(cloud: string): void {
    if (this.#faults.get(cloud)?.fault === "kill") return;
    this.#forget(cloud);
    this.#note({ ...faultBeginning({ cloud, cluster: null }, { fault: "kill" }), processes: 1 });
  }

  /** Before the world goes down. */
  async end(): Promise<void> {
    for (const frozen of this.#frozen.values()) thawGroup(frozen);
    this.#frozen.clear();
    this.#ground.clusterFaults.close();
    await this.#ground.pods.close();
    await Promise.all(this.#last.values());
    await this.#ground.links?.close();
  }

  async #begin(row: FaultRow): Promise<FaultRow> {
    const { cloud, cluster, fault } = row;
    const before = this.#inTheWay(row);
    if (before !== undefined) throw twice(before, row);
    if (cluster !== null) {
      const processes = await this.#ground.clusterFaults.begin(cloud, cluster);
      return this.#note({ ...row, processes });
    }
    switch (fault) {
      case "kill":
        return await this.#kill(row);
      case "freeze": {
        const { atMs, frozen } = freezeGroup(this.#keeperOf(cloud));
        this.#frozen.set(cloud, frozen);
        return this.#note({ ...row, sinceMs: atMs, processes: frozen.length });
      }
      case "slow":
      case "errors":
        await this.#ground.pods.begin(row);
        return this.#note(row);
      case "partition":
        return this.#note({ ...row, sinceMs: await this.#links(cloud).begin(cloud) });
    }
  }

  #inTheWay({ cloud, cluster, fault }: FaultRow): FaultRow | undefined {
    const whole = this.#faults.get(cloud);
    if (cluster !== null) return whole ?? this.#faults.get(clusterTarget(cluster));
    if (fault === "kill") return whole?.fault === "kill" ? whole : undefined;
    return whole ?? this.list().find((row) => row.cloud === cloud);
  }

  /** Whatever it had goes with it. */
  #forget(cloud: string): void {
    this.#ground.pods.forget(cloud);
    // A relay that does not hear this is told of all with the next order.
    void this.#ground.links?.end(cloud).catch(() => undefined);
    this.#frozen.delete(cloud);
    for (const row of this.list())
      if (row.cloud === cloud && row.cluster !== null) {
        this.#ground.clusterFaults.forget(row.cluster);
        this.#faults.delete(targetOf(row));
      }
  }

  async #kill(row: FaultRow): Promise<FaultRow> {
    const { cloud } = row;
    const keeper = this.#keeperOf(cloud);
    this.#forget(cloud);
    // On record first, so that the keeper's end is no surprise.
    this.#note(row);
    const { atMs, processes } = await killGroup(keeper);
    return this.#note({ ...row, sinceMs: atMs, processes });
  }

  async #heal(struck: Struck): Promise<Healed> {
    const { cloud, cluster } = struck;
    const row = this.#faults.get(targetOf(struck));
    if (row === undefined) {
      throw new FaultRefused({
        what: `${cluster ?? cloud} has no fault to heal`,
        why: "none was injected, and its keeper runs",
        next: "./wildcam local fault list",
      });
    }
    const atMs = Date.now();
    if (cluster === null) await this.#healCloud(row);
    else await this.#ground.clusterFaults.end(cloud, cluster);
    this.#faults.delete(targetOf(struck));
    this.#ground.changed(this.list());
    return healed.parse({ cloud, cluster, fault: row.fault, atMs });
  }

  async #healCloud({ cloud, fault }: FaultRow): Promise<void> {
    switch (fault) {
      case "kill":
        await this.#ground.bringBack(cloud);
        break;
      case "freeze":
        thawGroup(this.#frozen.get(cloud) ?? []);
        this.#frozen.delete(cloud);
        break;
      case "slow":
      case "errors":
        await this.#ground.pods.end(cloud);
        break;
      case "partition":
        await this.#links(cloud).end(cloud);
        break;
    }
  }

  #note(row: FaultRow): FaultRow {
    this.#faults.set(targetOf(row), row);
    this.#ground.changed(this.list());
    return row;
  }

  #known(target: string): Struck {
    const { clouds, clusters } = this.#ground;
    const cluster = clusterIn(target);
    const cloud = cluster === null ? target : clusters[cluster];
    if (cloud !== undefined && clouds.includes(cloud)) return { cloud, cluster };
    const known = cluster === null ? clouds : Object.keys(clusters);
    throw new FaultRefused({
      what: `there is no ${cluster === null ? "cloud" : "cluster"} "${cluster ?? target}"`,
      why: `this world has ${known.join(", ")}`,
      next: "./wildcam local status",
    });
  }

  #links(cloud: string): LinkFaults {
    const { links } = this.#ground;
    if (links !== null) return links;
    throw new FaultRefused({
      what: `${cloud} cannot be cut off`,
      why: "this world was brought up without links that can be cut",
      next: "./wildcam local down, then ./wildcam local up --partitions",
    });
  }

  #keeperOf(cloud: string): ProcessIdentity {
    const keeper = this.#ground.keeperOf(cloud);
    if (keeper !== null) return keeper;
    throw new FaultRefused({
      what: `${cloud} does not run`,
      why: "its keeper has ended",
      next: `./wildcam local fault heal --cloud ${cloud}`,
    });
  }

  async #inTurn<T>(cloud: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(cloud) ?? Promise.resolve()).then(work);
    this.#last.set(
      cloud,
      turn.catch(() => undefined),
    );
    return await turn;
  }
}

function targetOf({ cloud, cluster }: Struck): string {
  return cluster === null ? cloud : clusterTarget(cluster);
}

function twice(before: FaultRow, wanted: FaultRow): FaultRefused {
  const { cloud, cluster, fault } = before;
  const flag = cluster === null ? `--cloud ${cloud}` : `--cluster ${cluster}`;
  return new FaultRefused({
    what: `${cluster ?? cloud} has a fault already: ${fault}`,
    why: `${wanted.fault} would come on top of it, and only a kill may follow another fault of its cloud`,
    next: `./wildcam local fault heal ${flag}`,
  });
}
