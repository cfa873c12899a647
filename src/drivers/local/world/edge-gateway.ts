/** Configures and starts the edge gateway, which is outside of all clouds. */
import { mkdirSync } from "node:fs";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import { writeJson } from "../processes/files.ts";
import { nodeSpec, programEnvironment, programPath } from "../processes/node-process.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { linkToPods, portTo } from "./links.ts";
import { ensureToken } from "./secrets.ts";
import type { WorldFile } from "./world-file-parse.ts";

export const gatewayName = "gateway";
const readyWithinMs = 15_000;
// Real requests tell of a dead pod sooner; twice as often, probes were a quarter of all that edge and pods answered.
export const probeIntervalMs = 400;

/** How long a pod lets a write wait for a primary; the edge lets a request take a little longer, so that the pod answers. */
export const writeBoundMs = 16_000;
const deadlineMs = writeBoundMs + 2_000;

export function writeEdgeConfig(layout: Layout, inventory: Inventory, world: WorldFile): string {
  mkdirSync(layout.edgeDir, { recursive: true, mode: 0o700 });
  ensureToken(world.edge.tokenFile);
  const clouds: Record<string, { agentUrl: string; tokenFile: string; podsThrough: number | null }> = {};
  for (const [cloud, { agent }] of Object.entries(world.clouds)) {
    const port = portTo(world, { from: null, to: cloud, what: "agent" });
    clouds[cloud] = {
      agentUrl: `http://127.0.0.1:${port}`,
      tokenFile: agent.tokenFile,
      podsThrough: linkToPods(world, null, cloud),
    };
  }
  const file = `${layout.edgeDir}/config.json`;
  writeJson(file, {
    host: "127.0.0.1",
    port: world.edge.port,
    controlPort: world.edge.controlPort,
    tokenFile: world.edge.tokenFile,
    stateDir: layout.edgeDir,
    effectsFile: `${layout.effectsDir}/edge.ndjson`,
    weights: inventory.edge.weights,
    clouds,
    probeIntervalMs,
    deadlineMs,
    objective: { latencyMs: inventory.service.objective.latency },
  });
  return file;
}

/** Answers its pid. */
export async function startEdge(layout: Layout, keeper: KeeperProcess, configFile: string): Promise<number> {
  const spec = nodeSpec({
    program: programPath("src/edge/main.ts"),
    args: [configFile],
    env: programEnvironment(layout.cacheDir),
    logFile: layout.logFile("edge"),
    readyWithinMs,
  });
  const { pid } = await keeper.keeper.start(gatewayName, spec);
  return pid;
}
