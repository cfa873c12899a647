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
 * 4. It comes up under its new name before the old one is let go. Its keeper starts it again and again meanwhile, and a node
 *    that is let go and then started once more under its old name takes back its voice in the cluster.
 * 5. It is done when the new one is in, has applied all that the others have, and nothing counts on the old one any more.
 *    Before that the loss of one more member would stop the orchestrator, though two were up.
 * 6. It can be done again when it was cut off anywhere.
 */
import { existsSync, renameSync } from "node:fs";
import {
  type ClusterNode,
  clusterNodes,
  hasCaughtUp,
  isLetGo,
  letNodeGo,
} from "../../restate/cluster-control.ts";
import { pollUntil } from "../processes/wait.ts";
import { layoutOf, type Layout } from "./layout.ts";
import { isEngineReady, writeEngineConfig } from "./orchestrator.ts";
import { giveNewName, isNameOf, memberSeat, type Seat, seatsOf } from "./seats.ts";
import { findSupervisor } from "./supervisor-lock.ts";
import { WorldError } from "./world-error.ts";
import { readWorldFile, type WorldFile } from "./world-file-parse.ts";

const upWithinMs = 60_000;
const lookWithinMs = 500;
const againAfterMs = 200;

export type Repaired = { readonly cloud: string; readonly node: string; readonly before: string };

export async function repairMember(stateDir: string, cloud: string): Promise<Repaired> {
  const layout = layoutOf(stateDir);
  const world = findSupervisor(layout) === null ? null : readWorldFile(layout.worldFile);
  const seat = world === null ? undefined : seatsOf(layout, world).find((one) => one.cloud === cloud);
  if (world === null || seat === undefined) throw noMember(cloud, world);
  const others = addressesBeside(layout, world, seat);
  // Whoever answers tells. Where nobody does, the next look says so.
  const lost = await lostNodes(others, seat).catch(() => null);
  if (lost?.length === 0) throw await leftAlone(layout, seat, others);
  await requireLiving(layout, world, seat);
  if (lost === null) throw unknownToOthers(cloud);
  const renewed = lost.some(({ name }) => name === seat.nodeName) ? renew(layout, world, cloud) : seat;
  const isIn = await pollUntil(async () => await settled(others, renewed, lost).catch(() => undefined), {
    withinMs: upWithinMs,
    everyMs: againAfterMs,
  });
  const before = lost.map((node) => node.name).join(", ");
  if (isIn === true) return { cloud, node: renewed.nodeName, before };
  throw new WorldError({
    what: `the orchestrator's member in ${cloud} was given the name ${renewed.nodeName}, and is not wholly in under it`,
    why: `not within ${upWithinMs} ms; its log: ${layout.logFile(seat.engineLog)}`,
    next: `If its cloud is down, it comes up with it: ./wildcam local status. Then again: ./wildcam local repair-member ${cloud}`,
  });
}

/** From here on its engine starts under that name. Its log goes aside, so that nobody reads the old trouble in it. */
function renew(layout: Layout, world: WorldFile, cloud: string): Seat {
  const { engineLog, nodeName } = memberSeat(layout, world, cloud);
  const log = layout.logFile(engineLog);
  if (existsSync(log)) renameSync(log, layout.logFile(`${engineLog}-${nodeName}`));
  giveNewName(layout, cloud);
  const renewed = memberSeat(layout, world, cloud);
  writeEngineConfig(layout, renewed);
  return renewed;
}

/** Whatever is not yet so is asked for again: see `letNodeGo`. */
async function settled(others: readonly string[], seat: Seat, lost: readonly ClusterNode[]) {
  const node = await memberNode(others, seat);
  if (node === undefined) return undefined;
  let isDone = await hasCaughtUp(others, node.id);
  for (const { id } of lost) {
    if (await isLetGo(others, id)) continue;
    isDone = false;
    await letNodeGo(others, id);
  }
  return isDone ? true : undefined;
}

async function memberNode(others: readonly string[], seat: Seat): Promise<ClusterNode | undefined> {
  if (!(await isEngineReady(seat, lookWithinMs))) return undefined;
  const nodes = await clusterNodes(others);
  return nodes.find((node) => node.name === seat.nodeName && node.storage === "read-write");
}

function besideOf(layout: Layout, world: WorldFile, { cloud }: Seat): Seat[] {
  return seatsOf(layout, world).filter((seat) => seat.cloud !== cloud);
}

function addressesBeside(layout: Layout, world: WorldFile, seat: Seat): string[] {
  return besideOf(layout, world, seat).map(({ ports }) => `http://127.0.0.1:${ports.nodePort}/`);
}

async function requireLiving(layout: Layout, world: WorldFile, seat: Seat): Promise<void> {
  const others = besideOf(layout, world, seat);
  const ready = await Promise.all(others.map((other) => isEngineReady(other, lookWithinMs)));
  if (ready.every(Boolean)) return;
  const down = others.filter((_, index) => ready[index] !== true).map(({ cloud }) => cloud);
  throw new WorldError({
    what: `the orchestrator's member in ${seat.cloud} cannot be repaired now`,
    why: `it is made from the other two, and ${down.join(", ")} does not answer`,
    next: "Bring that one up first: ./wildcam local status",
  });
}

function unknownToOthers(cloud: string): WorldError {
  return new WorldError({
    what: `the orchestrator's member in ${cloud} cannot be repaired now`,
    why: "the other two are up, and do not tell which members they know",
    next: "Try it again; then look at their logs: ./wildcam local status",
  });
}

/** What this member was, and lost the disk of, as long as anything counts on it. */
async function lostNodes(others: readonly string[], { cloud, nodeName }: Seat): Promise<ClusterNode[]> {
  const lost: ClusterNode[] = [];
  for (const node of await clusterNodes(others)) {
    if (node.storage !== "data-loss" || !isNameOf(node.name, cloud ?? nodeName)) continue;
    if (node.name === nodeName || !(await isLetGo(others, node.id))) lost.push(node);
  }
  return lost;
}

async function leftAlone(layout: Layout, { cloud, nodeName, engineLog }: Seat, others: readonly string[]) {
  const node = (await clusterNodes(others)).find(({ name }) => name === nodeName);
  const known = node === undefined ? "do not know it" : `know its storage as ${node.storage}`;
  return new WorldError({
    what: `the orchestrator's member in ${cloud} is left as it is`,
    why: `the others ${known}, not as lost; one that is merely down comes back by itself`,
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
