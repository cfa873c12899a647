/** The one place where the server's ports meet their drivers. */
import { guardPolicyOf } from "../domain/guards/policy.ts";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { approvalRule, automationPolicy, scheduledIn, selectProfile } from "../domain/inventory/profile.ts";
import type { Inventory, Profile } from "../domain/inventory/schema.ts";
import { Secret } from "../domain/secret.ts";
import { timingsOf } from "../domain/verdicts/standing.ts";
import { consoleNotify } from "../drivers/console/notify.ts";
import { fileLedgerStore } from "../drivers/files/ledger-store.ts";
import { fileSheets } from "../drivers/files/sheets.ts";
import { peopleFileStore } from "../drivers/files/people-file.ts";
import { signerOf } from "../drivers/files/signing-key.ts";
import { signedElsewhere } from "../drivers/files/whose-record.ts";
import { loadInventory } from "../drivers/inventory/load.ts";
import { withAloneRecord } from "../drivers/local/alone.ts";
import { createLocalClusters } from "../drivers/local/clusters.ts";
import type { ControlAddress } from "../drivers/local/control-client.ts";
import { createLocalDatabases } from "../drivers/local/databases.ts";
import { createLocalEdge } from "../drivers/local/edge.ts";
import { createLocalHand, type HandOptions } from "../drivers/local/hand.ts";
import { createLocalLooks } from "../drivers/local/looks.ts";
import { LOCAL_DURATIONS } from "../drivers/local/stated-durations.ts";
import { createLocalVantagePoints } from "../drivers/local/vantage-points.ts";
import { systemClock } from "../drivers/process/clock.ts";
import { httpPeers } from "../drivers/process/peers.ts";
import { holdOfStep, holdUnderWay, type Objective } from "../drivers/process/holds-in-ledger.ts";
import { type ProcessWatchers, processWatchers } from "../drivers/process/watchers.ts";
import { restateAloneRecord } from "../drivers/restate/alone-record.ts";
import { restateAutomation } from "../drivers/restate/automation.ts";
import { restateRuns } from "../drivers/restate/ingress.ts";
import { type EngineAddress, restateRunControl } from "../drivers/restate/run-control.ts";
import { restateSchedule } from "../drivers/restate/schedule.ts";
import type { PlanningContext } from "../engine/planning.ts";
import type { EngineDependencies } from "../engine/run.ts";
import type { World } from "../engine/world.ts";
import { auditLedgerOf, type LedgerEvent } from "../domain/ledger.ts";
import type { Databases } from "../ports/databases.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { RunEngine } from "../ports/run-engine.ts";
import type { Sheets } from "../ports/sheets.ts";
import { scheduleFindings } from "../runbooks/schedule-findings.ts";
import type { WorldApi } from "./api/world-api.ts";
import { codeVersion } from "./code-version.ts";
import { sayWhoIsAlone } from "./alone-at-start.ts";
import { Audit } from "./audit.ts";
import { Autonomy } from "./autonomy.ts";
import type { ServerConfig } from "./config.ts";
import type { Oversight } from "./oversight.ts";
import { openPeople, type Registry } from "./people.ts";
import { HealthBoard } from "./health-board.ts";
import { keepSheets } from "./sheet-keeper.ts";
import { endIn, lookAround } from "./schedule-eyes.ts";
import { Scheduling } from "./scheduling.ts";
import { sheetRenderer } from "./sheet-renderer.ts";
import type { Ground } from "./version-gate.ts";
import type { Limits } from "./watchdog.ts";
import { foreignRuns } from "./foreign-runs.ts";
import { pastDurations } from "./past-runs.ts";
import { speaker } from "./speaker.ts";
import { watchHolds } from "./watch-holds.ts";
import { watchRuns } from "./watch-runs.ts";

export type Wired = {
  readonly api: WorldApi;
  readonly engine: EngineDependencies;
  readonly codeVersion: string;
  /** Watches again what runs hold on that another process began to watch. */
  readonly resumeWatching: () => Promise<void>;
  /** Asks all vantage points, decides what stands, and tells automation and the schedule, until the signal. */
  readonly watchHealth: (signal: AbortSignal) => Promise<void>;
  /** Goes on doing so for servers that die meanwhile, until the signal is aborted; at once over for the only server. */
  readonly watchHolds: (signal: AbortSignal) => Promise<void>;
};

type Log = (line: string) => void;

const RETRIES = { most: 4, firstMs: 100, lastMs: 2_000 };
const TELL_WITHIN_MS = 5_000;

export async function wire(config: ServerConfig, log: Log): Promise<Wired> {
  const { inventory, digest } = await loadInventory(config.inventoryPath, scheduleFindings);
  const profile = selectProfile(inventory, config.profile);
  const version = await codeVersion(join(import.meta.dirname, ".."));
  const board = await healthBoard(config, inventory, log);
  const world = await localWorld(config, inventory, { health: board, log });
  const planning = planningOf(config, inventory, { version, digest });
  const signer = signerOf(await readFile(config.ledgerSigningKeyFile, "utf8"));
  const folderOf = (name: string) => (isAbsolute(name) ? name : join(config.stateDir, name));
  const limits = limitsOf(profile);
  const sheets = fileSheets(folderOf(inventory.stores.sheets));
  const render = sheetRenderer({ sheets, limits, stateDir: config.stateDir, ...handsOf(config, inventory) });
  const folders = config.ledgerDirs.map(folderOf);
  const whose = signedElsewhere(folders, signer);
  const [first, ...others] = folders.map((folder) => fileLedgerStore(folder, signer));
  if (first === undefined) throw new Error("the inventory states no ledger store");
  const failed = (run: string, why: string) => log(`the sheet of ${run} is not up to date: ${why}`);
  const store = keepSheets({ store: first, sheets, clock: systemClock, render, failed });
  const stores: Overseen["stores"] = [store, ...others];
  const { engines, runs, peers, speaks } = membershipOf(config);
  const { objective } = inventory.service;
  const watchers = watchersTelling({ runs, world, log, store, objective });
  const approvalOf = (runbook: string) => approvalRule(profile, runbook);
  const engine = engineOf({ world, stores, watchers, planning, objective, approvalOf }, profile);
  const audit = new Audit({ stores, clock: systemClock, log, ledger: auditLedgerOf(config.member) });
  const people = await peopleOf(config, audit);
  const ground = { codeVersion: version, inventoryDigest: digest, profile: config.profile };
  const oversight = overseen({ ground, sheets, stores, limits, world, log, engines, speaks });
  const own = { config, engines, inventory, profile, board, world, store, ground, log };
  const { automation, watchHealth } = autonomous(own);
  const api: WorldApi = {
    people,
    audit,
    world,
    planning,
    context: { inventory, profile },
    profile: config.profile,
    runs: {
      runs,
      store,
      clock: systemClock,
      ground,
      approvalForMs: profile.approvalFor,
      signedElsewhere: foreignRuns(whose, oversight.control),
      humanNamed: (name) => people.humanNamed(name),
      newId,
    },
    oversight,
    acting: { runs, peers, clock: systemClock },
    approvalOf,
    board,
    automation,
    pace: { past: pastDurations(store), stated: LOCAL_DURATIONS },
  };
  const holding = { watchers, store, objective, log };
  const resumeWatching = () => resumeHolds(holding);
  const watching = holdsOfOthers(holding, speaks);
  const watch = async (signal: AbortSignal) =>
    isOneOfSeveral(config) ? await watching.watch(signal) : undefined;
  return { api, engine, codeVersion: version, resumeWatching, watchHolds: watch, watchHealth };
}

function engineOf(
  parts: Pick<EngineDependencies, "world" | "stores" | "watchers" | "planning" | "objective" | "approvalOf">,
  { holdWindow, approvalFor }: Profile,
): EngineDependencies {
  return {
    ...parts,
    guards: parts.planning.guards,
    holdWindowMs: holdWindow,
    approvalForMs: approvalFor,
    decisionForMs: approvalFor,
    retries: RETRIES,
  };
}

type Autonomous = {
  readonly config: ServerConfig;
  readonly engines: readonly EngineAddress[];
  readonly inventory: Inventory;
  readonly profile: Profile;
  readonly board: HealthBoard;
  readonly world: World;
  readonly store: LedgerStore;
  readonly ground: Ground;
  readonly log: Log;
};

function autonomous(of: Autonomous) {
  const { config, engines, inventory, profile, board, world, store, ground, log } = of;
  const ingressUrls = engines.map(({ ingressUrl }) => ingressUrl);
  const automation = {
    automation: restateAutomation(...ingressUrls),
    policy: automationPolicy(config.profile, profile),
    schedule: restateSchedule(...ingressUrls),
  };
  // What it is heard by: the one server there is, or the member of that cloud, wherever it listens.
  const name = config.member ?? "only";
  const endOf = (run: string) => endIn(store, run);
  const autonomy = new Autonomy({ name, ...automation, board, world, ground, endOf, log });
  board.cloudChanged = () => autonomy.wake();
  const eyes = {
    inventory,
    world,
    store,
    automation: automation.automation,
    over: new Set<string>(),
  };
  const scheduling = new Scheduling({
    name,
    profile: config.profile,
    schedule: automation.schedule,
    entries: scheduledIn(inventory, config.profile),
    look: (signal) => lookAround(eyes, signal),
    endOf,
    world,
    ground,
    log,
  });
  const record = restateAloneRecord(...ingressUrls);
  const unread = { record, databases: Object.keys(inventory.databases), world, log };
  const watchHealth = async (signal: AbortSignal) => {
    const alone = inventory.policies.standbysGone === "wait" ? sayWhoIsAlone(unread, signal) : null;
    await Promise.all([board.watch(signal), autonomy.run(signal), scheduling.run(signal), alone]);
  };
  return { automation, watchHealth };
}

function isOneOfSeveral({ members }: ServerConfig): boolean {
  return members.length > 0;
}

/** This member's own first. */
function enginesOf({ ingressUrl, adminUrl, member, members }: ServerConfig) {
  return [{ ingressUrl, adminUrl }, ...members.filter(({ name }) => name !== member)];
}

function membershipOf(config: ServerConfig) {
  const { member, members } = config;
  const engines = enginesOf(config);
  const peers = httpPeers(member, members);
  return {
    engines,
    runs: restateRuns(...engines.map((engine) => engine.ingressUrl)),
    peers,
    speaks: speaker(peers, systemClock),
  };
}

async function peopleOf(config: ServerConfig, audit: Audit): Promise<Registry> {
  const store = peopleFileStore(config.peopleFile);
  return await openPeople({ store, audit, clock: systemClock, shared: isOneOfSeveral(config) });
}

function holdsOfOthers({ watchers, store, objective, log }: Resuming, speaks: () => Promise<boolean>) {
  const adopt = (events: readonly LedgerEvent[]) => adoptHold({ watchers, objective, log }, events);
  return watchHolds({ store, clock: systemClock, speaks, adopt, log });
}

type Overseen = {
  readonly ground: Ground;
  readonly sheets: Sheets;
  readonly stores: readonly [LedgerStore, ...LedgerStore[]];
  readonly limits: Limits;
  readonly world: World;
  readonly log: Log;
  readonly engines: readonly EngineAddress[];
  readonly speaks: () => Promise<boolean>;
};

function overseen({ ground, sheets, stores, limits, world, log, engines, speaks }: Overseen): Oversight {
  const [store] = stores;
  return {
    here: ground,
    sheets,
    control: restateRunControl(...engines),
    stores,
    watch: watchRuns({ store, clock: systemClock, notify: world.notify, limits, log, speaks }),
    limits,
    clock: systemClock,
    log,
  };
}

// Twice the longest deadline of an act but scaling: one for the try, one for its proof.
const STEP_MS = 60_000;

function limitsOf({ readyDeadline, approvalFor }: Profile): Limits {
  return { stepMs: STEP_MS, scaleMs: STEP_MS + 2 * readyDeadline, approvalForMs: approvalFor };
}

function handsOf(config: ServerConfig, inventory: Inventory) {
  const cloudOf = (cluster: string) => inventory.clusters[cluster]?.cloud ?? "";
  const options: HandOptions = { edge: config.edge, agents: config.agents, cloudOf };
  return { hand: createLocalHand(options), looks: createLocalLooks(options) };
}

function planningOf(
  config: ServerConfig,
  inventory: Inventory,
  of: { readonly version: string; readonly digest: string },
): PlanningContext {
  const guards = guardPolicyOf(inventory);
  const { hand } = handsOf(config, inventory);
  return { guards, hand, codeVersion: of.version, inventoryDigest: of.digest };
}

type Telling = {
  readonly runs: RunEngine;
  readonly world: World;
  readonly store: LedgerStore;
  readonly objective: Objective;
  readonly log: Log;
};

function watchersTelling({ runs, world, store, objective, log }: Telling): ProcessWatchers {
  return processWatchers({
    edge: world.edge,
    clock: systemClock,
    breached: async (run, step, why) => {
      const breach = { type: "breach", step, why, atMs: systemClock.now() } as const;
      // The hold's own report at its end says the same; this only wakes the run sooner.
      await runs
        .tell(run, breach, systemClock.within(TELL_WITHIN_MS))
        .catch((error: unknown) => log(`breach of ${run} not delivered: ${String(error)}`));
    },
    recall: async (run, step) => holdOfStep(await store.read(run), step, objective),
  });
}

type Resuming = {
  readonly watchers: ProcessWatchers;
  readonly store: LedgerStore;
  readonly objective: Objective;
  readonly log: Log;
};

async function resumeHolds({ watchers, store, objective, log }: Resuming): Promise<void> {
  for (const run of await store.runs()) {
    // A damaged ledger is `ledger verify`'s to name; it must not keep other holds from being watched.
    adoptHold({ watchers, objective, log }, await store.read(run).catch(() => []));
  }
}

function adoptHold({ watchers, objective, log }: Omit<Resuming, "store">, events: readonly LedgerEvent[]) {
  const hold = holdUnderWay(events, objective);
  if (hold !== null && watchers.resume(hold)) log(`watching hold ${hold.step} of ${hold.run} again`);
}

async function tokenIn(file: string): Promise<Secret> {
  return new Secret((await readFile(file, "utf8")).trim());
}

async function healthBoard(config: ServerConfig, inventory: Inventory, log: Log): Promise<HealthBoard> {
  const { clusters, clouds, policies } = inventory;
  const observers: Record<string, { url: string; token: Secret }> = {};
  for (const [cloud, { url, tokenFile }] of Object.entries(config.observers))
    observers[cloud] = { url, token: await tokenIn(tokenFile) };
  const edge = { url: config.edge.controlUrl, token: await tokenIn(config.edge.tokenFile) };
  return new HealthBoard({
    points: createLocalVantagePoints({ observers, edge, clusters }),
    rules: {
      timings: timingsOf(policies),
      clouds: Object.keys(clouds),
      clusters,
    },
    clock: systemClock,
    changed: (changes) => {
      for (const { cloud, cluster, from, to, reason, observers: by } of changes)
        log(`${cluster ?? cloud} ${from} -> ${to}, by ${by} vantage points: ${reason}`);
    },
  });
}

async function localWorld(
  config: ServerConfig,
  inventory: Inventory,
  { health, log }: { readonly health: HealthBoard; readonly log: Log },
): Promise<World> {
  const edgeAt = { controlUrl: config.edge.controlUrl, token: await tokenIn(config.edge.tokenFile) };
  const agents: Record<string, ControlAddress> = {};
  for (const [cloud, { url, tokenFile }] of Object.entries(config.agents))
    agents[cloud] = { url, token: await tokenIn(tokenFile), isDown: () => health.isDown(cloud) };
  const clusters = Object.fromEntries(
    Object.entries(inventory.clusters).map(([name, { cloud }]) => [name, cloud]),
  );
  return {
    edge: createLocalEdge(edgeAt),
    health,
    clusters: createLocalClusters({ agents, clusters }),
    databases: databasesOf(config, inventory, createLocalDatabases({ agents })),
    notify: consoleNotify(log),
    clock: systemClock,
    named: {
      clouds: Object.keys(inventory.clouds),
      clusters: Object.keys(inventory.clusters),
      databases: Object.keys(inventory.databases),
      demandFloor: inventory.service.demand.floor,
    },
  };
}

/** Where writes wait for standbys nobody comes on record, and the durable engine is not asked; who still is, is said at the start. */
function databasesOf(config: ServerConfig, inventory: Inventory, local: Databases): Databases {
  if (inventory.policies.standbysGone === "wait") return local;
  const { synchronous } = guardPolicyOf(inventory);
  const record = restateAloneRecord(...enginesOf(config).map(({ ingressUrl }) => ingressUrl));
  return withAloneRecord(local, { record, synchronous });
}

/** `manual-failover-20261123-031411-7f3a`: sorts by time, reads aloud, and two in one second differ. */
function newId(runbook: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `${runbook}-${stamp}-${randomBytes(2).toString("hex")}`;
}
