/** What is settled before the first process of a world starts: folders, secrets, uid, ports, and the plan of its databases. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import { dataRootFor, databaseAccount, type Account } from "../postgres/account.ts";
import { type Binaries, bringOutBinaries, findBinaries, isReachableByAll } from "../postgres/binaries.ts";
import { makeFolder } from "../postgres/data-directory.ts";
import type { MemberConfig } from "../postgres/member.ts";
import { type PortChooser, portChooser } from "../processes/free-port.ts";
import type { Layout } from "./layout.ts";
import { chooseLinks, portTo } from "./links.ts";
import type { MemberRecord, WorldFile } from "./world-file-parse.ts";
import { WorldError } from "./world-error.ts";

export type Prepared = {
  readonly world: WorldFile;
  readonly database: string;
  readonly members: Readonly<Record<string, MemberConfig>>;
  readonly initdb: string;
};

export type Wish = {
  readonly inventory: Inventory;
  readonly inventoryPath: string;
  readonly profile: string;
  /** Exactly this port, or null for the last one if it is free, else any. */
  readonly edgePort: number | null;
  /** Of the orchestrator. */
  readonly members: "none" | "one" | "three";
  /** Clouds can be cut off. */
  readonly partitions: boolean;
};

export function makeFolders(layout: Layout): void {
  // The databases' uid passes through on its way to its data, and sees nothing else.
  mkdirSync(layout.stateDir, { recursive: true, mode: 0o711 });
  for (const folder of [
    layout.logDir,
    layout.effectsDir,
    layout.keeperDir,
    layout.controlDir,
    layout.cacheDir,
    layout.orchestratorDir,
  ]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}

/** Ports, folders and programs. What stood in the last world is kept where it can be. */
export async function prepare(layout: Layout, wish: Wish, last: WorldFile | null): Promise<Prepared> {
  const account = databaseAccount();
  const dataRoot = last?.dataRoot ?? dataRootFor(layout.stateDir, account);
  const world = await chooseAddresses(layout, wish, { last, dataRoot });
  makeDataRoot(dataRoot, account);
  const binaries = await reachableBinaries(dataRoot, account);
  return {
    world,
    database: world.database,
    members: membersOf(layout, wish.inventory, { world, account, binaries }),
    initdb: binaries.initdb,
  };
}

async function chooseAddresses(
  layout: Layout,
  wish: Wish,
  from: { last: WorldFile | null; dataRoot: string },
): Promise<WorldFile> {
  const { inventory } = wish;
  const { last, dataRoot } = from;
  const database = theDatabase(inventory);
  const { choose } = portChooser();
  const edgePort = await choose(wish.edgePort ?? last?.edge.port);
  if (wish.edgePort !== null && edgePort !== wish.edgePort) {
    throw new WorldError({
      what: `the edge cannot listen on port ${wish.edgePort}`,
      why: "something else listens there",
      next: "Name another port, or leave --edge-port out and one is chosen",
    });
  }
  const clouds: WorldFile["clouds"] = {};
  for (const cloud of Object.keys(inventory.clouds)) {
    const before = last?.clouds[cloud];
    clouds[cloud] = {
      keeperPid: null,
      agent: {
        port: await choose(before?.agent.port),
        tokenFile: layout.controlToken(`agent-${cloud}`),
        pid: null,
      },
      observer: {
        port: await choose(before?.observer?.port),
        tokenFile: layout.controlToken(`observer-${cloud}`),
        pid: null,
      },
      postgres: { port: await choose(before?.postgres.port), dataDirectory: join(dataRoot, cloud) },
    };
  }
  refuseOtherKind(wish, last);
  const edge = {
    port: edgePort,
    controlPort: await choose(last?.edge.controlPort),
    tokenFile: layout.controlToken("edge"),
    pid: null,
  };
  return {
    version: 1,
    phase: "starting",
    inventoryPath: wish.inventoryPath,
    profile: wish.profile,
    database,
    dataRoot,
    edge,
    clouds,
    links: wish.partitions ? await linkAddresses(layout, choose, { places: { clouds, edge }, last }) : null,
    ...(await orchestratorAddresses(choose, wish, last)),
    control: null,
    faults: [],
  };
}

async function linkAddresses(
  layout: Layout,
  choose: PortChooser["choose"],
  from: { readonly places: Pick<WorldFile, "clouds" | "edge">; readonly last: WorldFile | null },
): Promise<NonNullable<WorldFile["links"]>> {
  const before = from.last?.links;
  return {
    controlPort: await choose(before?.controlPort),
    tokenFile: layout.controlToken("links"),
    pid: null,
    table: await chooseLinks(from.places, choose, before?.table ?? []),
  };
}

type Orchestrator = Pick<WorldFile, "orchestrator" | "members" | "forwarder">;

async function orchestratorAddresses(
  choose: PortChooser["choose"],
  wish: Wish,
  last: WorldFile | null,
): Promise<Orchestrator> {
  const addresses: Orchestrator = { orchestrator: null, members: {}, forwarder: null };
  if (wish.members === "one") addresses.orchestrator = await memberPorts(choose, last?.orchestrator);
  if (wish.members !== "three") return addresses;
  for (const cloud of Object.keys(wish.inventory.clouds))
    addresses.members[cloud] = await memberPorts(choose, last?.members[cloud]);
  addresses.forwarder = { port: await choose(last?.forwarder?.port), pid: null };
  return addresses;
}

/**
 * One member and three are two installations: runs and, above all, the epochs of locks are in the one or in the other,
 * and edge and agents would refuse whoever begins to count anew.
 */
function refuseOtherKind({ members }: Wish, last: WorldFile | null): void {
  const before = last === null ? "none" : kindOf(last);
  if (before === "none" || members === "none" || before === members) return;
  throw new WorldError({
    what: `this world's orchestrator has ${before === "one" ? "one member" : "three members"}, and cannot be brought up with ${members}`,
    why: "its runs and locks are kept there, and would be unknown to the other",
    next:
      before === "one"
        ? "Leave --ha out, name another folder (--state DIR), or begin anew: ./wildcam local down --purge"
        : "Say --ha, name another folder (--state DIR), or begin anew: ./wildcam local down --purge",
  });
}

function kindOf({ orchestrator, members }: WorldFile): Wish["members"] {
  if (orchestrator !== null) return "one";
  return Object.keys(members).length > 0 ? "three" : "none";
}

async function memberPorts(choose: PortChooser["choose"], last?: MemberRecord | null): Promise<MemberRecord> {
  return {
    apiPort: await choose(last?.apiPort),
    workerPort: await choose(last?.workerPort),
    ingressPort: await choose(last?.ingressPort),
    adminPort: await choose(last?.adminPort),
    nodePort: await choose(last?.nodePort),
    serverPid: null,
    enginePid: null,
  };
}

/** The local world has one group of servers, with a member in each cloud. */
function theDatabase(inventory: Inventory): string {
  const [entry, ...others] = Object.entries(inventory.databases);
  const words = {
    what: "the local world cannot be built from this inventory",
    next: "Change `databases` in the inventory",
  };
  if (entry === undefined || others.length > 0) {
    throw new WorldError({
      ...words,
      why: `it has one database, and the inventory names ${Object.keys(inventory.databases).join(", ")}`,
    });
  }
  const [name, { topology, members }] = entry;
  if (topology !== "physical")
    throw new WorldError({
      ...words,
      why: `database ${name} is ${topology}, and only physical replication runs here`,
    });
  const lacking = Object.keys(inventory.clouds).filter((cloud) => members[cloud] === undefined);
  if (lacking.length > 0)
    throw new WorldError({ ...words, why: `database ${name} has no member in ${lacking.join(", ")}` });
  return name;
}

function makeDataRoot(dataRoot: string, account: Account | null): void {
  makeFolder(dataRoot, account);
}

async function reachableBinaries(dataRoot: string, account: Account | null): Promise<Binaries> {
  const found = await findBinaries();
  return account === null || isReachableByAll(found.postgres) ? found : bringOutBinaries(found, dataRoot);
}

function membersOf(
  layout: Layout,
  inventory: Inventory,
  from: { readonly world: WorldFile; readonly account: Account | null; readonly binaries: Binaries },
): Record<string, MemberConfig> {
  const { world, account, binaries } = from;
  const portsFrom = (from: string): Record<string, number> =>
    Object.fromEntries(
      Object.keys(world.clouds).map((to) => [to, portTo(world, { from, to, what: "database" })]),
    );
  const owner = account === null ? null : { uid: account.uid, gid: account.gid };
  const members = inventory.databases[world.database]?.members ?? {};
  return Object.fromEntries(
    Object.entries(world.clouds).map(([cloud, { postgres }]) => {
      const slot = members[cloud]?.slot ?? `standby_${cloud}`;
      const logFile = layout.logFile(`postgres-${cloud}`);
      const { port, dataDirectory } = postgres;
      return [
        cloud,
        {
          cloud,
          database: world.database,
          slot,
          port,
          dataDirectory,
          logFile,
          program: binaries.postgres,
          owner,
          ports: portsFrom(cloud),
        },
      ];
    }),
  );
}
