/** A member of the orchestrator: the durable engine (Restate's server, one process) and our server beside it. */
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
import { portTo } from "./links.ts";
import { WorldError } from "./world-error.ts";
import type { Seat } from "./seats.ts";
import type { MemberRecord, WorldFile } from "./world-file-parse.ts";

export type OrchestratorSpec = {
  /** The server's program: `src/server/main.ts`, absolute. Started with the path of its configuration. */
  readonly serverProgram: string;
};

export const engineName = "engine";
export const serverName = "server";
const engineReadyWithinMs = 30_000;
// Three begin at once, beside all that begins with them.
const serverReadyWithinMs = 60_000;
const healthWithinMs = 500;

/** Answers the engine's pid as soon as it runs. */
export async function startEngine(layout: Layout, keeper: KeeperProcess, seat: Seat): Promise<number> {
  mkdirSync(seat.dataDir, { recursive: true, mode: 0o700 });
  ensureIdentityKey(layout);
  writeEngineConfig(layout, seat);
  const engine = await keeper.keeper.start(engineName, engineSpec(layout, seat));
  return engine.pid;
}

/** False when it takes no requests in time. */
export async function isEngineReady(
  { ports }: Seat,
  withinMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const ready = await pollUntil(async () => ((await isHealthy(ports)) ? true : undefined), {
    withinMs,
    everyMs: 25,
    signal,
  });
  return ready === true;
}

export async function untilEngineReady(layout: Layout, seat: Seat): Promise<void> {
  if (await isEngineReady(seat, engineReadyWithinMs)) return;
  throw new WorldError({
    what: "the orchestrator's engine does not answer",
    why: `not ready within ${engineReadyWithinMs} ms; its log: ${layout.logFile(seat.engineLog)}`,
    next: "Try again; ./wildcam local down --purge begins anew",
  });
}

export async function startServer(
  layout: Layout,
  keeper: KeeperProcess,
  options: {
    readonly seat: Seat;
    readonly spec: OrchestratorSpec;
    readonly world: WorldFile;
    readonly inventory: Inventory;
  },
): Promise<KeptProcess> {
  const { seat, spec, world, inventory } = options;
  const agents: Record<string, { url: string; tokenFile: string }> = {};
  for (const [cloud, { agent }] of Object.entries(world.clouds)) {
    const port = portTo(world, { from: null, to: cloud, what: "agent" });
    agents[cloud] = { url: local(port), tokenFile: agent.tokenFile };
  }
  writeJson(seat.serverConfigFile, {
    host: "127.0.0.1",
    apiPort: seat.ports.apiPort,
    workerPort: seat.ports.workerPort,
    ingressUrl: local(seat.ports.ingressPort),
    adminUrl: local(seat.ports.adminPort),
    ...membership(seat, world),
    identityPublicKey: ensureIdentityKey(layout),
    inventoryPath: world.inventoryPath,
    profile: world.profile,
    stateDir: layout.stateDir,
    ledgerDirs: inventory.stores.ledger,
    ledgerSigningKeyFile: layout.ledgerSigningKeyFile,
    effectsDir: layout.effectsDir,
    edge: { controlUrl: local(world.edge.controlPort), tokenFile: world.edge.tokenFile },
    agents,
    observers: observerAddresses(world),
    peopleFile: layout.peopleFile,
    tokenDir: layout.tokenDir,
  });
  return await keeper.keeper.start(
    serverName,
    nodeSpec({
      program: spec.serverProgram,
      args: [seat.serverConfigFile],
      env: programEnvironment(layout.cacheDir),
      logFile: layout.logFile(seat.serverLog),
      readyWithinMs: serverReadyWithinMs,
    }),
  );
}

/** What a member knows of the others, and under which address all of them have their workers called. */
function membership(seat: Seat, { members, forwarder }: WorldFile): object {
  if (seat.cloud === null || forwarder === null) return {};
  const row = (name: string, { apiPort, ingressPort, adminPort }: MemberRecord) => ({
    name,
    apiUrl: local(apiPort),
    ingressUrl: local(ingressPort),
    adminUrl: local(adminPort),
  });
  const all = Object.entries(members).map(([name, ports]) => row(name, ports));
  return { workerUrl: local(forwarder.port), member: seat.cloud, members: all };
}

function local(port: number): string {
  return `http://127.0.0.1:${port}`;
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

function engineSpec(layout: Layout, { engineConfigFile, engineLog }: Seat): ProcessSpec {
  return {
    command: engineProgram(),
    args: ["--config-file", engineConfigFile],
    env: { PATH: "/usr/bin:/bin", HOME: layout.orchestratorDir, DO_NOT_TRACK: "1" },
    cwd: layout.orchestratorDir,
    logFile: layout.logFile(engineLog),
    owner: null,
    readyWithinMs: null,
    restart: true,
    niceness: { starting: 0, serving: 0 },
    endSignal: "SIGKILL",
  };
}

/** Its keeper starts it again with what stands there then. */
export function writeEngineConfig(layout: Layout, seat: Seat): void {
  const { nodePort, ingressPort, adminPort } = seat.ports;
  const text = engineToml({
    nodeName: seat.nodeName,
    clusterName: "wildcam-local",
    baseDir: seat.dataDir,
    host: "127.0.0.1",
    ports: { node: nodePort, ingress: ingressPort, admin: adminPort },
    identityKeyFile: identityKeyFile(layout),
    ...(seat.cluster === null ? {} : { cluster: seat.cluster }),
  });
  writeWhole(seat.engineConfigFile, text);
}

async function isHealthy(ports: MemberRecord): Promise<boolean> {
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
