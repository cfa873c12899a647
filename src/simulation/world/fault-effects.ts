/** What a fault does to the world when it begins and when it ends, beyond being there for whoever asks for it. */
import type { Cloud, ClusterFacts, DatabaseMemberFacts } from "../../domain/snapshot.ts";
import type { TrafficPolicy } from "../../ports/edge.ts";
import { type Fault, faultName } from "../faults.ts";
import type { ModelClusters } from "./model-clusters.ts";
import type { ModelDatabases } from "./model-databases.ts";
import type { ModelEdge } from "./model-edge.ts";
import type { ModelHealth } from "./model-health.ts";
import { isOutdated } from "./old-primary.ts";
import { People } from "./people.ts";
import type { Surroundings } from "./surroundings.ts";

type Parts = {
  readonly around: Surroundings;
  readonly edge: ModelEdge;
  readonly clusters: ModelClusters;
  readonly databases: ModelDatabases;
  readonly health: ModelHealth;
  capacityChanged(cloud: Cloud): void;
  demandChanged(): void;
};

const ASKS_AGAIN_MS = 1_000;

export class FaultEffects {
  /** Answers of the moment at which a fault of stale or torn reads began. */
  stalePolicy: TrafficPolicy | null = null;
  readonly staleClusters = new Map<string, ClusterFacts>();
  readonly staleMembers = new Map<Cloud, DatabaseMemberFacts>();
  readonly #parts: Parts;
  readonly #people: People;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#people = new People(parts.around, parts.edge, parts.clusters, parts.databases);
  }

  begin(fault: Fault): void {
    const { around } = this.#parts;
    if (!around.begin(fault)) return;
    around.emit({ kind: "fault", name: faultName(fault), active: true });
    const [noun, name] = partsOf(fault.actor);
    switch (noun) {
      case "cluster":
        return this.#clusterBegins(fault, name);
      case "database":
        return this.#databaseBegins(fault, name);
      case "cloud":
        return this.#cloudBegins(fault, name);
      case "client":
        return this.#parts.demandChanged();
      case "operator":
        return this.#people.begin(fault.kind);
      case "resolver":
        return this.#parts.edge.pin();
      case "edge":
        if (fault.kind === "stale-read") this.stalePolicy = this.#parts.edge.policy;
        return;
      case "observer":
        if (fault.kind === "stale-read") this.#parts.health.keepOld(true);
        return;
      default:
        return;
    }
  }

  end(fault: Fault): void {
    const { around, databases } = this.#parts;
    if (!around.end(fault)) return;
    around.emit({ kind: "fault", name: faultName(fault), active: false });
    const [noun, name] = partsOf(fault.actor);
    switch (noun) {
      case "cluster":
        return this.#clusterEnds(name);
      case "database":
        return this.#databaseEnds(fault, name);
      case "cloud":
        return this.#cloudEnds(name);
      case "link":
        for (const cloud of Object.keys(databases.members)) databases.wake(cloud);
        return;
      case "client":
        return this.#parts.demandChanged();
      case "operator":
        return this.#people.end(fault.kind);
      case "edge":
        if (fault.kind === "stale-read") this.stalePolicy = null;
        return;
      case "observer":
        if (fault.kind === "stale-read") this.#parts.health.keepOld(false);
        return;
      default:
        return;
    }
  }

  #clusterBegins({ kind }: Fault, name: string): void {
    const { clusters } = this.#parts;
    const facts = clusters.seen(name);
    if (kind === "pod-killed") clusters.killPods(name, 1);
    if (kind === "killed") clusters.killPods(name, Number.POSITIVE_INFINITY);
    if (kind === "stale-read") this.staleClusters.set(name, facts);
    this.#parts.capacityChanged(facts.cloud);
  }

  #clusterEnds(name: string): void {
    const { around, clusters } = this.#parts;
    if (!around.has("stale-read", `cluster/${name}`)) this.staleClusters.delete(name);
    const cloud = clusters.seen(name).cloud;
    if (!around.has("killed", `cluster/${name}`) && !around.has("killed", `cloud/${cloud}`))
      clusters.replace(name);
    this.#parts.capacityChanged(cloud);
  }

  #databaseBegins({ kind }: Fault, cloud: Cloud): void {
    const { databases } = this.#parts;
    if (kind === "killed" || kind === "old-primary-returns") databases.crash(cloud);
    if (kind === "slot-lost") databases.loseSlots(cloud);
    if (kind === "stale-read") this.staleMembers.set(cloud, databases.observe(cloud));
  }

  #databaseEnds({ kind }: Fault, cloud: Cloud): void {
    const { databases } = this.#parts;
    if (kind === "stale-read") this.staleMembers.delete(cloud);
    if (kind === "slot-lost") databases.findSlots(cloud);
    if (kind === "killed" || kind === "old-primary-returns")
      this.#restart(cloud, kind === "old-primary-returns");
    databases.wake(cloud);
  }

  #restart(cloud: Cloud, open: boolean): void {
    const { around, databases } = this.#parts;
    const actor = `database/${cloud}`;
    const down = [`cloud/${cloud}`, actor].some((who) => around.has("killed", who));
    const member = databases.members[cloud];
    if (down || around.has("old-primary-returns", actor) || member === undefined) return;
    databases.restart(cloud, open);
    // Its agent goes on asking whether it may.
    if (!member.running && !member.stoppedCleanly)
      around.after(ASKS_AGAIN_MS, () => this.#restart(cloud, false));
  }

  #cloudBegins({ kind }: Fault, cloud: Cloud): void {
    const { clusters, databases } = this.#parts;
    const names = this.#clustersOf(cloud);
    if (kind === "killed") {
      for (const name of names) clusters.killPods(name, Number.POSITIVE_INFINITY);
      if (databases.members[cloud] !== undefined) databases.crash(cloud);
    }
    // A torn list: the later half of it is old.
    if (kind === "torn-list")
      for (const name of names.slice(Math.floor(names.length / 2)))
        this.staleClusters.set(name, clusters.seen(name));
    this.#parts.capacityChanged(cloud);
  }

  #cloudEnds(cloud: Cloud): void {
    const { around, databases } = this.#parts;
    for (const name of this.#clustersOf(cloud)) this.#clusterEnds(name);
    this.#restart(cloud, false);
    // Its agent sees the others again, and looks every second or two.
    around.after(ASKS_AGAIN_MS, () => {
      const cut = around.has("killed", `cloud/${cloud}`) || around.has("control-down", `cloud/${cloud}`);
      if (!cut && isOutdated(databases.members, cloud)) databases.crash(cloud);
    });
    this.#parts.capacityChanged(cloud);
  }

  #clustersOf(cloud: Cloud): string[] {
    const { facts } = this.#parts.clusters;
    return Object.keys(facts).filter((name) => facts[name]?.cloud === cloud);
  }
}

function partsOf(actor: string): readonly [noun: string, name: string] {
  const at = actor.indexOf("/");
  return at < 0 ? [actor, ""] : [actor.slice(0, at), actor.slice(at + 1)];
}
