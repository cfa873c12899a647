/**
 * The world as a run meets it: the ports, and the one way of reading them into a snapshot.
 * It is read as a whole or by section, so that what is checked inside the window of blocked writes stays short.
 */
import type {
  Cloud,
  ClusterName,
  DatabaseFacts,
  DatabaseName,
  Section,
  Snapshot,
} from "../domain/snapshot.ts";
import type { Clock } from "../ports/clock.ts";
import type { Clusters } from "../ports/clusters.ts";
import type { Databases } from "../ports/databases.ts";
import type { Edge } from "../ports/edge.ts";
import { PortError, terminal } from "../ports/errors.ts";
import type { Health } from "../ports/health.ts";
import type { Notify } from "../ports/notify.ts";
import type { Proof } from "./act.ts";
import { gather } from "./gather.ts";

export type World = {
  readonly edge: Edge;
  readonly health: Health;
  readonly clusters: Clusters;
  readonly databases: Databases;
  readonly notify: Notify;
  readonly clock: Clock;
  /** What the inventory says there is; a snapshot that lacks one of these is not taken. */
  readonly named: {
    readonly clouds: readonly Cloud[];
    readonly clusters: readonly ClusterName[];
    readonly databases: readonly DatabaseName[];
    /** Requests/s that the inventory states for the season. */
    readonly demandFloor: number;
  };
};

/** All sections afresh. Throws the port's error when edge or health cannot be read. */
export async function readSnapshot(world: World, signal: AbortSignal): Promise<Snapshot> {
  const [traffic, databases] = await gather([
    () => readTraffic(world, signal),
    () => readDatabases(world, signal),
  ] as const);
  return { takenAtMs: world.clock.now(), ...traffic, databases };
}

/** `base` with one section read afresh. */
export async function readSection(
  world: World,
  base: Snapshot,
  section: Section,
  signal: AbortSignal,
): Promise<Snapshot> {
  switch (section) {
    case "traffic":
      return { ...base, takenAtMs: world.clock.now(), ...(await readTraffic(world, signal)) };
    case "databases":
      return { ...base, takenAtMs: world.clock.now(), databases: await readDatabases(world, signal) };
  }
}

/**
 * Looks until there is a proof or the time is over, and answers the last look. A look that cannot be had is not one: it is
 * tried again, and its error is thrown only when the time is over.
 */
export async function untilProved<T extends Proof>(
  look: () => Promise<T>,
  {
    world,
    untilMs,
    pollMs,
    signal,
  }: {
    readonly world: World;
    readonly untilMs: number;
    readonly pollMs: number;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  for (;;) {
    // The last look is one that began after the time: a worker that froze in the middle of an earlier one knows nothing new.
    const isLast = world.clock.now() >= untilMs;
    try {
      const proof = await look();
      if (proof.ok || isLast) return proof;
    } catch (error) {
      if (!(error instanceof PortError) || error.kind === "terminal" || isLast) throw error;
    }
    await world.clock.sleep(pollMs, signal);
  }
}

type TrafficSection = Pick<Snapshot, "clouds" | "clusters" | "traffic" | "demand">;

async function readTraffic(world: World, signal: AbortSignal): Promise<TrafficSection> {
  const [clouds, clusters, policy, measured] = await gather([
    () => world.health.verdicts(signal),
    () => world.clusters.list(signal),
    () => world.edge.policy(signal),
    () => world.edge.demand(signal),
  ] as const);
  requireAll("cloud", world.named.clouds, clouds);
  requireAll("cluster", world.named.clusters, clusters);
  const floor = world.named.demandFloor;
  const demand =
    measured.requestsPerSecond >= floor
      ? { requestsPerSecond: measured.requestsPerSecond, source: "measured" as const }
      : { requestsPerSecond: floor, source: "inventory" as const };
  const traffic = { weights: policy.weights, version: policy.version, setBy: policy.setBy };
  return { clouds, clusters, traffic, demand };
}

async function readDatabases(
  world: World,
  signal: AbortSignal,
): Promise<Record<DatabaseName, DatabaseFacts>> {
  const facts: Record<DatabaseName, DatabaseFacts> = {};
  for (const name of world.named.databases) facts[name] = await world.databases.observe(name, signal);
  return facts;
}

function requireAll(what: string, names: readonly string[], found: Readonly<Record<string, unknown>>): void {
  const missing = names.filter((name) => found[name] === undefined);
  if (missing.length > 0)
    throw terminal(`nothing is known of ${what} ${missing.join(", ")}, which the inventory names`);
}
