/** The ways between places of a world, and the relay that they go through where clouds of it can be cut off. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RelayConfig } from "../links/config.ts";
import type { Link, Place } from "../links/link.ts";
import { writeJson } from "../processes/files.ts";
import type { PortChooser } from "../processes/free-port.ts";
import { nodeSpec, programEnvironment, programPath } from "../processes/node-process.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { ensureToken } from "./secrets.ts";
import type { WorldFile } from "./world-file-parse.ts";

export const linksGroup = "links";
export const relayName = "relay";
const readyWithinMs = 15_000;

type Places = Pick<WorldFile, "clouds" | "edge">;
type Way = Pick<Link, "from" | "to" | "what">;

/** From `from` to what listens at one port there: past the relay where there is none, and within a place. */
export function portTo(world: Places & Pick<WorldFile, "links">, way: Way): number {
  const port = linkOf(world, way)?.port ?? targetOf(world, way);
  if (port === null) throw new RangeError(`nothing like ${way.what} listens at one port`);
  return port;
}

/** The link by which pods there are reached; null: they are reached as they are. */
export function linkToPods({ links }: Pick<WorldFile, "links">, from: Place, to: Place): number | null {
  return linkOf({ links }, { from, to, what: "pods" })?.port ?? null;
}

function linkOf({ links }: Pick<WorldFile, "links">, { from, to, what }: Way): Link | null {
  if (links === null || from === to) return null;
  const found = links.table.find((link) => link.from === from && link.to === to && link.what === what);
  // A way past the relay would be one that is never cut.
  if (found === undefined) throw new RangeError(`no link from ${from} to ${what} of ${to}`);
  return found;
}

/** Every way that somebody takes. A port that the last world had for it is kept where it can be. */
export async function chooseLinks(
  places: Places,
  choose: PortChooser["choose"],
  last: readonly Link[],
): Promise<Link[]> {
  const ways = Object.keys(places.clouds).flatMap((to): Way[] => [
    ...(["pods", "agent", "observer"] as const).map((what) => ({ from: null, to, what })),
    { from: to, to: null, what: "edge" },
    ...Object.keys(places.clouds)
      .filter((from) => from !== to)
      .flatMap((from) => (["pods", "agent", "database"] as const).map((what) => ({ from, to, what }))),
  ]);
  const links: Link[] = [];
  for (const way of ways) {
    const before = last.find(({ from, to, what }) => from === way.from && to === way.to && what === way.what);
    links.push({ ...way, port: await choose(before?.port), target: targetOf(places, way) });
  }
  return links;
}

function targetOf({ clouds, edge }: Places, { to, what }: Way): number | null {
  if (what === "pods") return null;
  if (what === "edge") return edge.port;
  const cloud = clouds[to ?? ""];
  const port = what === "database" ? cloud?.postgres.port : cloud?.[what]?.port;
  if (port === undefined) throw new RangeError(`no ${what} in ${to}`);
  return port;
}

/** With nothing cut off. */
export async function startRelay(layout: Layout, world: WorldFile, keeper: KeeperProcess): Promise<void> {
  const { links } = world;
  if (links === null) throw new RangeError("a world without links has no relay");
  mkdirSync(layout.linksDir, { recursive: true, mode: 0o700 });
  const cutFile = join(layout.linksDir, "cut.json");
  rmSync(cutFile, { force: true });
  ensureToken(links.tokenFile);
  const config: RelayConfig = {
    host: "127.0.0.1",
    controlPort: links.controlPort,
    tokenFile: links.tokenFile,
    cutFile,
    links: links.table,
  };
  const configFile = join(layout.linksDir, "config.json");
  writeJson(configFile, config);
  const { pid } = await keeper.keeper.start(
    relayName,
    nodeSpec({
      program: programPath("src/drivers/local/links/main.ts"),
      args: [configFile],
      env: programEnvironment(layout.cacheDir),
      logFile: layout.logFile(relayName),
      readyWithinMs,
    }),
  );
  links.pid = pid;
}
