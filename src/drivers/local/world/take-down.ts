/**
 * Takes a world down cleanly, from outside to inside: first who sends requests, then who serves them, then the primary
 * while its standbys still listen, then the standbys, then the links between all of them. What does not go by itself is ended with its keeper.
 */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Keeper } from "../keeper/client.ts";
import { readControlFile } from "../postgres/control-file.ts";
import { hasData } from "../postgres/data-directory.ts";
import { stopServerCleanly } from "../postgres/server.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { linksGroup } from "./links.ts";
import { engineName, serverName } from "./orchestrator.ts";
import { type WorldFile, writeWorldFile } from "./world-file-parse.ts";

const serverWithinMs = 1_500;
const engineWithinMs = 4_000;
const databaseWithinMs = 8_000;
const keeperWithinMs = 4_000;
const postgresName = "postgres";

export async function takeDown(
  layout: Layout,
  keepers: ReadonlyMap<string, KeeperProcess>,
  world: WorldFile | null,
): Promise<void> {
  const outside = [keepers.get("orchestrator"), keepers.get("edge")].filter((keeper) => keeper !== undefined);
  const links = keepers.get(linksGroup);
  const clouds = [...keepers.values()].filter((keeper) => !outside.includes(keeper) && keeper !== links);
  await Promise.all([...outside.map(endOutside), endClouds(clouds, world)]);
  if (links !== undefined) await quietly(links.keeper.end());
  const all = Promise.all([...keepers.values()].map(({ ended }) => ended));
  const gone = await Promise.race([all.then(() => true), sleep(keeperWithinMs, false, { ref: false })]);
  if (!gone) for (const { kill } of keepers.values()) kill();
  if (world === null || !existsSync(layout.worldFile)) return;
  writeWorldFile(layout.worldFile, withoutProcesses(world));
}

async function endOutside({ keeper }: KeeperProcess): Promise<void> {
  // The server before the engine, which would otherwise retry against it.
  await quietly(keeper.stop(serverName, { signal: "SIGTERM", withinMs: serverWithinMs, thenKill: true }));
  await quietly(keeper.stop(engineName, { signal: "SIGTERM", withinMs: engineWithinMs, thenKill: true }));
  await quietly(keeper.end());
}

async function endClouds(clouds: readonly KeeperProcess[], world: WorldFile | null): Promise<void> {
  await Promise.all(clouds.map(async ({ keeper }) => await endServices(keeper)));
  const isPrimary = ({ group }: KeeperProcess): boolean =>
    runsAsPrimary(world?.clouds[group]?.postgres.dataDirectory);
  const primaries = clouds.filter(isPrimary);
  const standbys = clouds.filter((keeper) => !primaries.includes(keeper));
  for (const some of [primaries, standbys]) {
    await Promise.all(
      some.map(async ({ keeper }) => await quietly(stopServerCleanly(keeper, databaseWithinMs))),
    );
  }
  await Promise.all(clouds.map(async ({ keeper }) => await quietly(keeper.end())));
}

/**
 * Agents, pods and engines keep nothing that is not on disk already; nobody sends them requests any more. A member's server
 * goes first: it leaves no ledger unsigned, and no act half told.
 */
async function endServices(keeper: Keeper): Promise<void> {
  await quietly(keeper.stop(serverName, { signal: "SIGTERM", withinMs: serverWithinMs, thenKill: true }));
  const processes = await keeper.list().catch(() => []);
  const services = processes.filter(({ name }) => name !== postgresName);
  await Promise.all(
    services.map(
      async ({ name }) =>
        await quietly(keeper.stop(name, { signal: "SIGKILL", withinMs: 1_000, thenKill: true })),
    ),
  );
}

function runsAsPrimary(dataDirectory: string | undefined): boolean {
  if (dataDirectory === undefined || !hasData(dataDirectory)) return false;
  return readControlFile(dataDirectory).state === "in-production";
}

function withoutProcesses(world: WorldFile): WorldFile {
  const clouds: WorldFile["clouds"] = {};
  for (const [cloud, entry] of Object.entries(world.clouds)) {
    clouds[cloud] = { ...entry, keeperPid: null, agent: { ...entry.agent, pid: null } };
  }
  return {
    ...world,
    phase: "stopped",
    control: null,
    faults: [],
    edge: { ...world.edge, pid: null },
    clouds,
    orchestrator: world.orchestrator === null ? null : { ...world.orchestrator, ...noPids },
    members: Object.fromEntries(
      Object.entries(world.members).map(([cloud, member]) => [cloud, { ...member, ...noPids }]),
    ),
    forwarder: world.forwarder === null ? null : { ...world.forwarder, pid: null },
    links: world.links === null ? null : { ...world.links, pid: null },
  };
}

const noPids = { serverPid: null, enginePid: null };

/** A keeper that was killed has nothing left to end. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
