/**
 * Brings the local world up, in this process: the supervisor of all keepers.
 *
 * 1. Nothing outlives this process: a keeper ends its group when its IPC channel closes, however this process ends.
 * 2. What fails on the way up takes everything down again; the state stays.
 * 3. A dirty stop needs no help: leftovers are ended by recorded identity, and the databases recover by themselves.
 */
import { resolve } from "node:path";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import type { Secret } from "../../../domain/secret.ts";
import { loadInventory } from "../../inventory/load.ts";
import type { KeeperEvent } from "../keeper/protocol.ts";
import { removeLeftovers } from "../postgres/leftovers.ts";
import type { Secrets } from "../postgres/member.ts";
import { programPath } from "../processes/node-process.ts";
import { agentName, startAgent, untilPodsReady, writeAgentConfig } from "./cloud-agents.ts";
import { observerName, startObserver, writeObserverConfigs } from "./cloud-observers.ts";
import { bringUpDatabases } from "./database-group.ts";
import { gatewayName, startEdge, writeEdgeConfig } from "./edge-gateway.ts";
import { type KeeperProcess, startKeeper } from "./keeper-process.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { linksGroup, relayName, startRelay } from "./links.ts";
import { migrateDatabase } from "./migration.ts";
import {
  forwarderName,
  memberOf,
  type Staffing,
  startEngines,
  startReturned,
  startServers,
} from "./members.ts";
import { engineName, type OrchestratorSpec, serverName } from "./orchestrator.ts";
import { makeFolders, type Prepared, prepare, type Wish } from "./prepare.ts";
import { endLeftovers } from "./recovery.ts";
import { ensureDatabaseSecrets, ensureLedgerKey, ensurePeople, ensureToken } from "./secrets.ts";
import { superviseFaults } from "./supervise-faults.ts";
import { type LocalStatus, readStatus } from "./status.ts";
import { holdStateFolder, releaseStateFolder } from "./supervisor-lock.ts";
import { takeDown } from "./take-down.ts";
import { WorldError } from "./world-error.ts";
import { readWorldFile, type WorldFile, writeWorldFile } from "./world-file-parse.ts";

export type BringUp = {
  readonly stateDir: string;
  readonly inventoryFile: string;
  /** A profile of the inventory. */
  readonly profile: string;
  /** Exactly this port for the edge; null: any. */
  readonly edgePort: number | null;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Null: without the orchestrator. Left out: the product's own server. */
  readonly orchestrator?: OrchestratorSpec | null;
  /** Three members of the orchestrator, one in each cloud's group; left out: one, outside of all clouds. */
  readonly ha?: boolean;
  /** Clouds of it can be cut off: what goes between places then goes through one more process. Not with `ha`. */
  readonly partitions?: boolean;
};

/** `tookMs`: since the world began to come up. */
export type Progress = { readonly what: string; readonly tookMs: number };

export type RunningWorld = {
  readonly status: LocalStatus;
  /** Resolves after `down`; rejects when the edge or the orchestrator falls for good. */
  readonly ended: Promise<void>;
  /** Clean: the primary writes its shutdown checkpoint while its standbys still listen. Again: the same promise. */
  readonly down: () => Promise<void>;
  /** One of three members of the orchestrator, to be ended hard and started again. */
  readonly member: (cloud: string) => Member;
};

export type Member = { readonly stop: () => Promise<void>; readonly start: () => Promise<void> };

/** Throws WorldError for what people can mend, InventoryError for a broken inventory, and the signal's reason. */
export async function bringUp(order: BringUp): Promise<RunningWorld> {
  const began = performance.now();
  const layout = layoutOf(resolve(order.stateDir));
  refuseHaWithPartitions(order);
  const { inventory, path } = await loadInventory(order.inventoryFile);
  makeFolders(layout);
  holdStateFolder(layout);
  const build: Build = {
    layout,
    inventory,
    order,
    keepers: new Map(),
    progress: (what) => order.onProgress?.({ what, tookMs: Math.round(performance.now() - began) }),
  };
  let world: WorldFile | null = null;
  try {
    const last = readWorldFile(layout.worldFile);
    await endLeftovers(layout, last);
    const spec =
      order.orchestrator === undefined
        ? { serverProgram: programPath("src/server/main.ts") }
        : order.orchestrator;
    const wish: Wish = {
      inventory,
      inventoryPath: resolve(path),
      profile: order.profile,
      edgePort: order.edgePort,
      members: spec === null ? "none" : order.ha === true ? "three" : "one",
      partitions: order.partitions === true,
    };
    const prepared = await prepare(layout, wish, last);
    world = prepared.world;
    writeWorldFile(layout.worldFile, world);
    await startEverything(build, prepared, spec);
    order.signal.throwIfAborted();
    world.phase = "ready";
    writeWorldFile(layout.worldFile, world);
    return await running(build, world, spec);
  } catch (error) {
    await takeDown(layout, build.keepers, world);
    releaseStateFolder(layout);
    throw error;
  }
}

/** Engines of three members talk to each other directly, and which of these ways a cut goes through is not modelled. */
function refuseHaWithPartitions({ ha, partitions }: BringUp): void {
  if (ha !== true || partitions !== true) return;
  throw new WorldError({
    what: "no cloud can be cut off where the orchestrator has three members",
    why: "its members talk to each other directly, past the links that are cut",
    next: "Leave --ha or --partitions out",
  });
}

type Build = {
  readonly layout: Layout;
  readonly inventory: Inventory;
  readonly order: BringUp;
  readonly keepers: Map<string, KeeperProcess>;
  readonly progress: (what: string) => void;
};

async function startEverything(
  build: Build,
  prepared: Prepared,
  spec: OrchestratorSpec | null,
): Promise<void> {
  const { layout, inventory, order, progress } = build;
  const { world } = prepared;
  const secrets = ensureDatabaseSecrets(layout);
  ensurePeople(layout, inventory.people);
  ensureLedgerKey(layout);
  const groups = [
    ...Object.keys(world.clouds),
    "edge",
    ...(spec === null ? [] : ["orchestrator"]),
    ...(world.links === null ? [] : [linksGroup]),
  ];
  await Promise.all(groups.map(async (group) => await addKeeper(build, world, group)));
  progress("keepers");
  order.signal.throwIfAborted();
  if (world.links !== null) await startRelay(layout, world, keeperIn(build, linksGroup));
  const staffing = spec === null ? null : staffingOf(build, world, spec);
  const engines = staffing === null ? null : startEngines(staffing);
  engines?.catch(() => undefined);
  const keepers = Object.fromEntries([...build.keepers].map(([group, { keeper }]) => [group, keeper]));
  const { primary: firstPrimary = "", synchronous = 0 } = inventory.databases[prepared.database] ?? {};
  const group = {
    members: prepared.members,
    keepers,
    secrets,
    initdb: prepared.initdb,
    firstPrimary,
    synchronous,
    scratchDir: world.dataRoot,
  };
  const primary = await bringUpDatabases(group, progress);
  order.signal.throwIfAborted();
  await migrateDatabase({
    layout,
    port: world.clouds[primary]?.postgres.port ?? 0,
    database: world.database,
    secrets,
  });
  progress("databases migrated");
  order.signal.throwIfAborted();
  await startServices(build, prepared, secrets);
  progress("pods ready");
  if (staffing === null) return;
  await engines;
  await startServers(staffing);
  progress("orchestrator ready");
}

function staffingOf(build: Build, world: WorldFile, spec: OrchestratorSpec): Staffing {
  const { layout, inventory, progress } = build;
  return {
    layout,
    world,
    inventory,
    spec,
    keeperIn: (group) => keeperIn(build, group),
    say: progress,
  };
}

async function startServices(build: Build, prepared: Prepared, secrets: Secrets): Promise<void> {
  const { layout, inventory } = build;
  const { world, members } = prepared;
  const clouds = Object.entries(world.clouds);
  const plan = { layout, inventory, members, secrets, world };
  for (const [cloud] of clouds) writeAgentConfig(plan, cloud);
  const edgeConfig = writeEdgeConfig(layout, inventory, world);
  writeObserverConfigs(layout, inventory, world);
  const starts = clouds.map(async ([cloud]) => await startCloud(build, world, cloud));
  const edge = startEdge(layout, keeperIn(build, "edge"), edgeConfig);
  const [edgePid] = await Promise.all([edge, ...starts]);
  world.edge.pid = edgePid;
  build.progress("agents and edge");
  const agents: Record<string, { url: string; token: Secret }> = {};
  for (const [cloud, { agent }] of Object.entries(world.clouds)) {
    agents[cloud] = { url: `http://127.0.0.1:${agent.port}`, token: ensureToken(agent.tokenFile) };
  }
  await untilPodsReady({
    inventory,
    agents,
    logDir: layout.logDir,
    signal: build.order.signal,
  });
}

/** All that runs in one cloud but its database server, which bring-up starts at first and the cloud's agent decides on later. */
async function startCloud({ layout, keepers }: Build, world: WorldFile, cloud: string): Promise<void> {
  const keeper = keepers.get(cloud);
  const entry = world.clouds[cloud];
  if (keeper === undefined || entry === undefined) throw new RangeError(`no cloud "${cloud}"`);
  entry.agent.pid = await startAgent(layout, keeper);
  // It looks on while pods start, and has seen all of them when the first decision rests on it.
  if (entry.observer !== null) entry.observer.pid = await startObserver(layout, keeper);
}

/** A cloud whose processes are all gone, from nothing but its data. Its member of the orchestrator comes up behind it. */
async function bringCloudBack(
  build: Build,
  { world, spec }: { readonly world: WorldFile; readonly spec: OrchestratorSpec | null },
  cloud: string,
): Promise<void> {
  const dataDirectory = world.clouds[cloud]?.postgres.dataDirectory;
  if (dataDirectory !== undefined) await removeLeftovers(dataDirectory);
  await addKeeper(build, world, cloud);
  try {
    await startCloud(build, world, cloud);
    if (spec !== null && world.members[cloud] !== undefined)
      await startReturned(staffingOf(build, world, spec), cloud);
  } catch (error) {
    // Half a cloud would stand in the way of the next try.
    build.keepers.get(cloud)?.kill();
    throw error;
  }
}

async function addKeeper(build: Build, world: WorldFile, group: string): Promise<void> {
  const keeper = await startKeeper(build.layout, group);
  build.keepers.set(group, keeper);
  const cloud = world.clouds[group];
  if (cloud !== undefined) cloud.keeperPid = keeper.pid;
  keeper.keeper.onEvent((event) => {
    noteProcess(world, group, event);
    // While it comes up, the file is written at the end of each phase.
    if (world.phase === "ready") writeWorldFile(build.layout.worldFile, world);
  });
}

/** A process that its keeper started again has another pid. */
function noteProcess(world: WorldFile, group: string, event: KeeperEvent): void {
  const pid = event.type === "started" ? event.process.pid : null;
  const cloud = world.clouds[group];
  if (event.process.name === agentName && cloud !== undefined) cloud.agent.pid = pid;
  const observer = cloud?.observer ?? null;
  if (event.process.name === observerName && observer !== null) observer.pid = pid;
  noteSharedProcess(world, event.process.name, pid);
  const member = world.members[group] ?? world.orchestrator;
  if (member === null) return;
  if (event.process.name === engineName) member.enginePid = pid;
  if (event.process.name === serverName) member.serverPid = pid;
}

/** One that stands outside of all clouds. */
function noteSharedProcess(world: WorldFile, name: string, pid: number | null): void {
  if (name === gatewayName) world.edge.pid = pid;
  if (name === forwarderName && world.forwarder !== null) world.forwarder.pid = pid;
  if (name === relayName && world.links !== null) world.links.pid = pid;
}

function keeperIn(build: Build, group: string): KeeperProcess {
  const keeper = build.keepers.get(group);
  if (keeper === undefined) throw new RangeError(`no keeper of ${group}`);
  return keeper;
}

async function running(build: Build, world: WorldFile, spec: OrchestratorSpec | null): Promise<RunningWorld> {
  const { layout, keepers } = build;
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);
  const faults = await superviseFaults({
    layout,
    world,
    keepers,
    clusters: Object.fromEntries(
      Object.entries(build.inventory.clusters).map(([name, { cloud }]) => [name, cloud]),
    ),
    bringBack: async (cloud) => await bringCloudBack(build, { world, spec }, cloud),
  });
  for (const group of ["edge", "orchestrator", linksGroup]) {
    void keepers.get(group)?.ended.then(() => {
      ended.reject(
        new Error(`the keeper of ${group} has ended; its log: ${layout.logFile(`keeper-${group}`)}`),
      );
    });
  }
  let going: Promise<void> | null = null;
  const goDown = async (): Promise<void> => {
    ended.resolve();
    await faults.close();
    world.phase = "stopping";
    writeWorldFile(layout.worldFile, world);
    await takeDown(layout, keepers, world);
    releaseStateFolder(layout);
  };
  const status = await readStatus(layout.stateDir);
  if (status === null) throw new Error("the world that is up says that it is not");
  return {
    status,
    ended: ended.promise,
    down: async () => {
      going ??= goDown();
      await going;
    },
    member: (cloud) => {
      if (spec === null || world.members[cloud] === undefined)
        throw new RangeError(`the orchestrator has no member in ${cloud}`);
      return memberOf(staffingOf(build, world, spec), cloud);
    },
  };
}
