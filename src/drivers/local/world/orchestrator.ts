/** The orchestrator's one member: the durable engine (Restate's server, one process) and our server beside it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import type { KeptProcess, ProcessSpec } from "../keeper/protocol.ts";
import { engineBinary, engineToml, identityPublicKey, newIdentityKey } from "../../restate/engine-process.ts";
import { readText, writeJson, writeWhole } from "../processes/files.ts";
import { nodeSpec, programEnvironment } from "../processes/node-process.ts";
import { pollUntil } from "../processes/wait.ts";
import { observerAddresses } from "./cloud-observers.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { WorldError } from "./world-error.ts";
import type { WorldFile } from "./world-file-parse.ts";

export type OrchestratorSpec = {
  /** The server's program: `src/server/main.ts`, absolute. Started with the path of its configuration. */
  readonly serverProgram: string;
};

export type OrchestratorPorts = NonNullable<WorldFile["orchestrator"]>;

export const engineName = "engine";
export const serverName = "server";
const engineReadyWithinMs = 20_000;
const serverReadyWithinMs = 20_000;
const healthWithinMs = 500;

/** Answers the engine's pid once it takes requests. */
export async function startEngine(
  layout: Layout,
  keeper: KeeperProcess,
  ports: OrchestratorPorts,
): Promise<number> {
  const folder = join(layout.orchestratorDir, "restate");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  ensureIdentityKey(layout);
  const configFile = join(layout.orchestratorDir, "restate.toml");
  writeWhole(configFile, engineConfig(layout, ports));
  const engine = await keeper.keeper.start(engineName, engineSpec(layout, configFile));
  const healthy = await pollUntil(async () => ((await isHealthy(ports)) ? true : undefined), {
    withinMs: engineReadyWithinMs,
    everyMs: 25,
  });
  if (healthy !== undefined) return engine.pid;
  throw new WorldError({
    what: "the orchestrator's engine does not answer",
    why: `not ready within ${engineReadyWithinMs} ms; its log: ${layout.logFile("engine")}`,
    next: "Try again; ./wildcam local down --purge begins anew",
  });
}

export async function startServer(
  layout: Layout,
  keeper: KeeperProcess,
  options: { readonly spec: OrchestratorSpec; readonly world: WorldFile; readonly inventory: Inventory },
): Promise<KeptProcess> {
  const { spec, world, inventory } = options;
  const ports = world.orchestrator;
  if (ports === null) throw new RangeError("this world has no orchestrator");
  const configFile = join(layout.orchestratorDir, "config.json");
  const agents: Record<string, { url: string; tokenFile: string }> = {};
  for (const [cloud, { agent }] of Object.entries(world.clouds)) {
    agents[cloud] = { url: `http://127.0.0.1:${agent.port}`, tokenFile: agent.tokenFile };
  }
  writeJson(configFile, {
    host: "127.0.0.1",
    apiPort: ports.apiPort,
    workerPort: ports.workerPort,
    ingressUrl: `http://127.0.0.1:${ports.ingressPort}`,
    adminUrl: `http://127.0.0.1:${ports.adminPort}`,
    identityPublicKey: ensureIdentityKey(layout),
    inventoryPath: world.inventoryPath,
    profile: world.profile,
    stateDir: layout.stateDir,
    ledgerDirs: inventory.stores.ledger,
    ledgerSigningKeyFile: layout.ledgerSigningKeyFile,
    effectsDir: layout.effectsDir,
    edge: { controlUrl: `http://127.0.0.1:${world.edge.controlPort}`, tokenFile: world.edge.tokenFile },
    agents,
    observers: observerAddresses(world),
    peopleFile: layout.peopleFile,
    tokenDir: layout.tokenDir,
  });
  return await keeper.keeper.start(
    serverName,
    nodeSpec({
      program: spec.serverProgram,
      args: [configFile],
      env: programEnvironment(layout.cacheDir),
      logFile: layout.logFile("server"),
      readyWithinMs: serverReadyWithinMs,
    }),
  );
}

/** The public key in the engine's own form. The private one never leaves its file. */
function ensureIdentityKey(layout: Layout): string {
  const file = identityKeyFile(layout);
  const kept = readText(file);
  const pem = kept ?? newIdentityKey();
  if (kept === null) writeWhole(file, pem);
  return identityPublicKey(pem);
}

function identityKeyFile(layout: Layout): string {
  return join(layout.orchestratorDir, "request-identity.pem");
}

function engineProgram(): string {
  try {
    return engineBinary();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new WorldError(
      { what: "the orchestrator's engine is not installed", why, next: 'Run "npm ci"' },
      { cause: error },
    );
  }
}

function engineSpec(layout: Layout, configFile: string): ProcessSpec {
  return {
    command: engineProgram(),
    args: ["--config-file", configFile],
    env: { PATH: "/usr/bin:/bin", HOME: layout.orchestratorDir, DO_NOT_TRACK: "1" },
    cwd: layout.orchestratorDir,
    logFile: layout.logFile("engine"),
    owner: null,
    readyWithinMs: null,
    restart: true,
    niceness: { starting: 0, serving: 0 },
    endSignal: "SIGKILL",
  };
}

function engineConfig(layout: Layout, { nodePort, ingressPort, adminPort }: OrchestratorPorts): string {
  return engineToml({
    nodeName: "local",
    clusterName: "wildcam-local",
    baseDir: join(layout.orchestratorDir, "restate"),
    host: "127.0.0.1",
    ports: { node: nodePort, ingress: ingressPort, admin: adminPort },
    identityKeyFile: identityKeyFile(layout),
  });
}

async function isHealthy(ports: OrchestratorPorts): Promise<boolean> {
  try {
    const urls = [
      `http://127.0.0.1:${ports.adminPort}/health`,
      `http://127.0.0.1:${ports.ingressPort}/restate/health`,
    ];
    for (const url of urls) {
      const answer = await request(url, { signal: AbortSignal.timeout(healthWithinMs) });
      await answer.body.dump();
      if (answer.statusCode !== 200) return false;
    }
    return true;
  } catch {
    return false;
  }
}
