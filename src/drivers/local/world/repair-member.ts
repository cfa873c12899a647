/**
 * Repairs a member of the orchestrator whose disk was lost, while the world is up.
 *
 * The others do not let it in under its old name: it has promised them things that it does not remember. So its old name is
 * let go, and it comes in as somebody new, who gets everything from the others.
 *
 * 1. Only a member that is known to have lost its disk: one that is merely down comes back with all that it knew, and
 *    letting it go would throw that away.
 * 2. Only while two others live: they have what it is made from.
 * 3. Nothing of it is deleted. What is left of the old disk stays beside the new one until the world is purged.
 * 4. It is done when the new one is in and nothing is written to the old one any more. Before that the loss of one more
 *    member would stop the orchestrator for good, though two were up.
 * 5. It can be done again when it was cut off anywhere.
 */
import { existsSync, renameSync } from "node:fs";
import { type ClusterNode, clusterNodes, letNodeGo, logsWrittenTo } from "../../restate/cluster-control.ts";
import { pollUntil } from "../processes/wait.ts";
import { layoutOf, type Layout } from "./layout.ts";
import { engineTrouble } from "./member-trouble.ts";
import { isEngineReady, writeEngineConfig } from "./orchestrator.ts";
import { giveNewName, memberSeat, type Seat, seatsOf } from "./seats.ts";
import { findSupervisor } from "./supervisor-lock.ts";
import { WorldError } from "./world-error.ts";
import { readWorldFile, type WorldFile } from "./world-file-parse.ts";

const upWithinMs = 60_000;
const lookWithinMs = 500;

export type Repaired = { readonly cloud: string; readonly node: string; readonly before: string };

export async function repairMember(stateDir: string, cloud: string): Promise<Repaired> {
  const layout = layoutOf(stateDir);
  const world = findSupervisor(layout) === null ? null : readWorldFile(layout.worldFile);
  const seat = world === null ? undefined : seatsOf(layout, world).find((one) => one.cloud === cloud);
  if (world === null || seat === undefined) throw noMember(cloud, world);
  await requireTrouble(layout, seat);
  const others = await livingAddresses(layout, world, seat);
  const node = lostNode(layout, seat, await clusterNodes(others));
  await letNodeGo(others, node.id);
  // Its log goes aside, so that nobody reads the old trouble in it. The keeper starts the engine again and again meanwhile.
  const log = layout.logFile(seat.engineLog);
  if (existsSync(log)) renameSync(log, layout.logFile(`${seat.engineLog}-${node.name}`));
  const name = giveNewName(layout, cloud);
  const renewed = memberSeat(layout, world, cloud);
  writeEngineConfig(layout, renewed);
  const isIn = await pollUntil(
    async () => {
      const stands = await isMember(others, renewed, name).catch(() => false);
      return stands && (await logsWrittenTo(others, node.id).catch(() => 1)) === 0 ? true : undefined;
    },
    { withinMs: upWithinMs, everyMs: 200 },
  );
  if (isIn === true) return { cloud, node: name, before: node.name };
  throw new WorldError({
    what: `the orchestrator's member in ${cloud} was given the name ${name}, and is not wholly in under it`,
    why: `not within ${upWithinMs} ms; its log: ${log}`,
    next: "If its cloud is down, it comes up with it: ./wildcam local status",
  });
}

async function isMember(others: readonly string[], seat: Seat, name: string): Promise<boolean> {
  if (!(await isEngineReady(seat, lookWithinMs))) return false;
  const nodes = await clusterNodes(others);
  return nodes.some((node) => node.name === name && node.storage === "read-write");
}

async function livingAddresses(layout: Layout, world: WorldFile, { cloud }: Seat): Promise<string[]> {
  const others = seatsOf(layout, world).filter((seat) => seat.cloud !== cloud);
  const ready = await Promise.all(others.map((seat) => isEngineReady(seat, lookWithinMs)));
  if (ready.every(Boolean)) return others.map(({ ports }) => `http://127.0.0.1:${ports.nodePort}/`);
  const down = others.filter((_, index) => ready[index] !== true).map((seat) => seat.cloud);
  throw new WorldError({
    what: `the orchestrator's member in ${cloud} cannot be repaired now`,
    why: `it is made from the other two, and ${down.join(", ")} does not answer`,
    next: "Bring that one up first: ./wildcam local status",
  });
}

async function requireTrouble(layout: Layout, seat: Seat): Promise<void> {
  const trouble = engineTrouble(layout.logFile(seat.engineLog));
  if (trouble !== null && !(await isEngineReady(seat, lookWithinMs))) return;
  throw leftAlone(
    layout,
    seat,
    "nothing says that it has lost its disk; one that is merely down comes back by itself",
  );
}

function lostNode(layout: Layout, seat: Seat, nodes: readonly ClusterNode[]): ClusterNode {
  const node = nodes.find(({ name }) => name === seat.nodeName);
  if (node?.storage === "data-loss") return node;
  const known = node === undefined ? "do not know it" : `know its storage as ${node.storage}`;
  throw leftAlone(layout, seat, `the others ${known}, not as lost`);
}

function leftAlone(layout: Layout, { cloud, engineLog }: Seat, why: string): WorldError {
  return new WorldError({
    what: `the orchestrator's member in ${cloud} is left as it is`,
    why,
    next: `Look at it: ./wildcam local status; its log: ${layout.logFile(engineLog)}`,
  });
}

function noMember(cloud: string, world: WorldFile | null): WorldError {
  const names = Object.keys(world?.members ?? {});
  return new WorldError({
    what: `there is no member of the orchestrator in ${cloud} to repair`,
    why:
      world === null
        ? "no world is up"
        : names.length === 0
          ? "this world's orchestrator has one member; its disk is the only one"
          : `its members are in ${names.join(", ")}`,
    next: "./wildcam local status",
  });
}
