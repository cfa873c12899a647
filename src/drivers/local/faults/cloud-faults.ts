/**
 * The faults of the running world, a cloud each: the supervisor's, because the keepers are its children.
 *
 * 1. One fault a cloud. A kill may follow any other, as in earnest; nothing else follows anything.
 * 2. Orders for one cloud are carried out one after the other; a refused one has changed nothing.
 * 3. A killed cloud comes back by `heal` alone: keeper, agent, pods and, where it had one, its member of the orchestrator.
 *    Its database server stays stopped: whether and as what it may start is for the cloud's own agent and for runbooks to say.
 * 4. A keeper that ends without an order is a kill too, by somebody else, and is healed like one.
 * 5. What was frozen is thawed before the world goes down: a stopped process ends nothing.
 */
import type { ProcessIdentity } from "../processes/identity.ts";
import {
  type FaultOrder,
  FaultRefused,
  type FaultRow,
  faultBeginning,
  type Healed,
  healed,
} from "./fault.ts";
import type { PodFaults } from "./pod-faults.ts";
import { freezeGroup, killGroup, thawGroup } from "./strike.ts";

export type Ground = {
  readonly clouds: readonly string[];
  readonly keeperOf: (cloud: string) => ProcessIdentity | null;
  /** A new keeper with all that bring-up starts in a cloud, but for the database server. */
  readonly bringBack: (cloud: string) => Promise<void>;
  readonly pods: PodFaults;
  /** Called after each change, with all there are. */
  readonly changed: (faults: readonly FaultRow[]) => void;
};

export class CloudFaults {
  readonly #ground: Ground;
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
  async begin(cloud: string, order: FaultOrder): Promise<FaultRow> {
    this.#known(cloud);
    const row = faultBeginning(cloud, order);
    return await this.#inTurn(cloud, async () => await this.#begin(row));
  }

  /** Throws FaultRefused. */
  async heal(cloud: string): Promise<Healed> {
    this.#known(cloud);
    return await this.#inTurn(cloud, async () => await this.#heal(cloud));
  }

  /** The cloud's keeper has ended, by whomever. */
  keeperEnded(cloud: string): void {
    if (this.#faults.get(cloud)?.fault === "kill") return;
    this.#frozen.delete(cloud);
    this.#ground.pods.forget(cloud);
    this.#note({ ...faultBeginning(cloud, { fault: "kill" }), processes: 1 });
  }

  /** Before the world goes down. */
  async end(): Promise<void> {
    for (const frozen of this.#frozen.values()) thawGroup(frozen);
    this.#frozen.clear();
    await this.#ground.pods.close();
    await Promise.all(this.#last.values());
  }

  async #begin(row: FaultRow): Promise<FaultRow> {
    const { cloud, fault } = row;
    const before = this.#faults.get(cloud);
    if (before !== undefined && (fault !== "kill" || before.fault === "kill")) throw twice(before, fault);
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
    }
  }

  async #kill(row: FaultRow): Promise<FaultRow> {
    const { cloud } = row;
    const keeper = this.#keeperOf(cloud);
    this.#ground.pods.forget(cloud);
    this.#frozen.delete(cloud);
    // On record first, so that the keeper's end is no surprise.
    this.#note(row);
    const { atMs, processes } = await killGroup(keeper);
    return this.#note({ ...row, sinceMs: atMs, processes });
  }

  async #heal(cloud: string): Promise<Healed> {
    const row = this.#faults.get(cloud);
    if (row === undefined) {
      throw new FaultRefused({
        what: `${cloud} has no fault to heal`,
        why: "none was injected, and its keeper runs",
        next: "./wildcam local fault list",
      });
    }
    const atMs = Date.now();
    switch (row.fault) {
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
    }
    this.#faults.delete(cloud);
    this.#ground.changed(this.list());
    return healed.parse({ cloud, fault: row.fault, atMs });
  }

  #note(row: FaultRow): FaultRow {
    this.#faults.set(row.cloud, row);
    this.#ground.changed(this.list());
    return row;
  }

  #known(cloud: string): void {
    const { clouds } = this.#ground;
    if (clouds.includes(cloud)) return;
    throw new FaultRefused({
      what: `there is no cloud "${cloud}"`,
      why: `this world has ${clouds.join(", ")}`,
      next: "./wildcam local status",
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

function twice({ cloud, fault }: FaultRow, wanted: string): FaultRefused {
  return new FaultRefused({
    what: `${cloud} has a fault already: ${fault}`,
    why: `${wanted} would come on top of it, and only a kill may follow another fault`,
    next: `./wildcam local fault heal --cloud ${cloud}`,
  });
}
