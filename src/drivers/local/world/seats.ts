/**
 * Where a member of the orchestrator sits: outside of all clouds when it is the only one, else one in each cloud.
 *
 * 1. A cluster of three is begun once, by one member, and never again: a member that found its disk empty would begin a
 *    second cluster beside the one that lives. That it was begun stands outside of every member's own folder.
 * 2. A member's name in the cluster outlives its disk. One whose disk was lost is not let in again under its old name; the
 *    repair gives it another (`repair-member.ts`).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { EngineCluster } from "../../restate/engine-process.ts";
import { readText, writeJson } from "../processes/files.ts";
import type { Layout } from "./layout.ts";
import type { MemberRecord, WorldFile } from "./world-file-parse.ts";

export type Seat = {
  /** Null: outside of all clouds. */
  readonly cloud: string | null;
  readonly ports: MemberRecord;
  readonly nodeName: string;
  readonly dataDir: string;
  readonly engineConfigFile: string;
  readonly serverConfigFile: string;
  /** Names of logs. */
  readonly engineLog: string;
  readonly serverLog: string;
  readonly cluster: EngineCluster | null;
};

/** None when the world has no orchestrator. */
export function seatsOf(layout: Layout, world: WorldFile): Seat[] {
  const { orchestrator } = world;
  if (orchestrator !== null) return [onlySeat(layout, orchestrator)];
  return Object.keys(world.members).map((cloud) => memberSeat(layout, world, cloud));
}

export function memberSeat(layout: Layout, world: WorldFile, cloud: string): Seat {
  const ports = world.members[cloud];
  if (ports === undefined) throw new RangeError(`the orchestrator has no member in ${cloud}`);
  const folder = layout.memberDir(cloud);
  const [first] = Object.keys(world.members);
  return {
    cloud,
    ports,
    nodeName: nodeNames(layout)[cloud] ?? cloud,
    dataDir: join(folder, "restate"),
    engineConfigFile: join(folder, "restate.toml"),
    serverConfigFile: join(folder, "config.json"),
    engineLog: `engine-${cloud}`,
    serverLog: `server-${cloud}`,
    cluster: {
      region: cloud,
      addresses: Object.values(world.members).map(({ nodePort }) => `http://127.0.0.1:${nodePort}/`),
      provisions: cloud === first && !existsSync(begunFile(layout)),
    },
  };
}

/** From here on no member begins a cluster. */
export function noteClusterBegun(layout: Layout): void {
  if (!existsSync(begunFile(layout))) writeNodeNames(layout, {});
}

export function giveNewName(layout: Layout, cloud: string): void {
  const names = nodeNames(layout);
  const [, count = "1"] = (names[cloud] ?? "").match(/-(\d+)$/) ?? [];
  const name = `${cloud}-${Number(count) + 1}`;
  writeNodeNames(layout, { ...names, [cloud]: name });
}

/** Of this cloud's member, now or before a repair. */
export function isNameOf(name: string, cloud: string): boolean {
  return name === cloud || (name.startsWith(`${cloud}-`) && /^\d+$/.test(name.slice(cloud.length + 1)));
}

const namesFile = z.object({ nodeNames: z.record(z.string(), z.string()) });

function nodeNames(layout: Layout): Readonly<Record<string, string>> {
  const text = readText(begunFile(layout));
  return text === null ? {} : namesFile.parse(JSON.parse(text)).nodeNames;
}

function writeNodeNames(layout: Layout, names: Readonly<Record<string, string>>): void {
  writeJson(begunFile(layout), { nodeNames: names });
}

function begunFile(layout: Layout): string {
  return join(layout.orchestratorDir, "cluster.json");
}

function onlySeat(layout: Layout, ports: MemberRecord): Seat {
  const at = (name: string) => join(layout.orchestratorDir, name);
  return {
    cloud: null,
    ports,
    nodeName: "local",
    dataDir: at("restate"),
    engineConfigFile: at("restate.toml"),
    serverConfigFile: at("config.json"),
    engineLog: "engine",
    serverLog: "server",
    cluster: null,
  };
}
