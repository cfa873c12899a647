/** Configures and starts the clouds' observers, one in each, in its keeper's group: it dies with what it stands in. */
import { mkdirSync, rmSync } from "node:fs";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import type { ObserverConfig } from "../observer/config.ts";
import { writeJson } from "../processes/files.ts";
import { nodeSpec, programEnvironment, programPath } from "../processes/node-process.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { linkToPods, portTo } from "./links.ts";
import { ensureToken } from "./secrets.ts";
import type { WorldFile } from "./world-file-parse.ts";

export const observerName = "observer";
const readyWithinMs = 30_000;

export function writeObserverConfigs(layout: Layout, inventory: Inventory, world: WorldFile): void {
  const local = (port: number): string => `http://127.0.0.1:${port}`;
  const clusters: ObserverConfig["clusters"] = {};
  for (const [name, { cloud }] of Object.entries(inventory.clusters)) clusters[name] = { cloud };
  for (const [cloud, { observer }] of Object.entries(world.clouds)) {
    if (observer === null) continue;
    const agents: ObserverConfig["agents"] = {};
    const podsThrough: ObserverConfig["podsThrough"] = {};
    for (const [to, { agent }] of Object.entries(world.clouds)) {
      const port = portTo(world, { from: cloud, to, what: "agent" });
      agents[to] = { url: local(port), tokenFile: agent.tokenFile };
      podsThrough[to] = linkToPods(world, cloud, to);
    }
    const config: ObserverConfig = {
      cloud,
      host: "127.0.0.1",
      port: observer.port,
      tokenFile: observer.tokenFile,
      edgeUrl: local(portTo(world, { from: cloud, to: null, what: "edge" })),
      clusters,
      agents,
      podsThrough,
      podsFile: `${layout.observerDir(cloud)}/pods.json`,
      latencyMs: inventory.service.objective.latency,
    };
    ensureToken(observer.tokenFile);
    mkdirSync(layout.observerDir(cloud), { recursive: true, mode: 0o700 });
    writeJson(configFile(layout, cloud), config);
    // Of the world that was up before: its pods are nowhere now.
    rmSync(config.podsFile, { force: true });
  }
}

/** With the configuration that was written last. Answers its pid. */
export async function startObserver(layout: Layout, keeper: KeeperProcess): Promise<number> {
  const spec = nodeSpec({
    program: programPath("src/drivers/local/observer/main.ts"),
    args: [configFile(layout, keeper.group)],
    env: programEnvironment(layout.cacheDir),
    logFile: layout.logFile(`observer-${keeper.group}`),
    readyWithinMs,
  });
  const { pid } = await keeper.keeper.start(observerName, spec);
  return pid;
}

/** Where they can be asked, for the server's configuration. */
export function observerAddresses(world: WorldFile): Record<string, { url: string; tokenFile: string }> {
  const addresses: Record<string, { url: string; tokenFile: string }> = {};
  for (const [cloud, { observer }] of Object.entries(world.clouds)) {
    if (observer === null) continue;
    const port = portTo(world, { from: null, to: cloud, what: "observer" });
    addresses[cloud] = { url: `http://127.0.0.1:${port}`, tokenFile: observer.tokenFile };
  }
  return addresses;
}

function configFile(layout: Layout, cloud: string): string {
  return `${layout.observerDir(cloud)}/config.json`;
}
