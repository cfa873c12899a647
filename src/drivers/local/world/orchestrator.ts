/** The orchestrator's one member: the durable engine (Restate's server, one process) and our server beside it. */
import { generateKeyPairSync, createPublicKey } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { request } from "undici";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import type { KeptProcess, ProcessSpec } from "../keeper/protocol.ts";
import { readText, writeJson, writeWhole } from "../processes/files.ts";
import { checkoutRoot, nodeSpec, programEnvironment } from "../processes/node-process.ts";
import { pollUntil } from "../processes/wait.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { publicKeyName } from "./request-identity.ts";
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
    effectsDir: layout.effectsDir,
    edge: { controlUrl: `http://127.0.0.1:${world.edge.controlPort}`, tokenFile: world.edge.tokenFile },
    agents,
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
  let pem = readText(file);
  if (pem === null) {
    pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    writeWhole(file, pem);
  }
  return publicKeyName(createPublicKey(pem));
}

function identityKeyFile(layout: Layout): string {
  return join(layout.orchestratorDir, "request-identity.pem");
}

/** The platform's binary itself: a wrapper that is killed would orphan it. */
function engineProgram(): string {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(join(checkoutRoot, "package.json")).resolve(
      "@restatedev/restate-server/package.json",
    );
    return createRequire(wrapper).resolve(`${name}/bin/restate-server`);
  } catch (error) {
    const words = {
      what: "the orchestrator's engine is not installed",
      why: `no package ${name}`,
      next: 'Run "npm ci"',
    };
    throw new WorldError(words, { cause: error });
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
    niceUntilReady: false,
    endSignal: "SIGKILL",
  };
}

function engineConfig(layout: Layout, ports: OrchestratorPorts): string {
  const text = (value: string): string => JSON.stringify(value);
  const address = (port: number): string => text(`127.0.0.1:${port}`);
  return `# Written at each bring-up.
node-name = "local"
cluster-name = "wildcam-local"
base-dir = ${text(join(layout.orchestratorDir, "restate"))}
bind-ip = "127.0.0.1"
bind-port = ${ports.nodePort}
advertised-address = ${text(`http://127.0.0.1:${ports.nodePort}/`)}
listen-mode = "tcp"
default-num-partitions = 4
disable-telemetry = true
rocksdb-total-memory-size = "128 MiB"
log-filter = "warn,octocrab=off"
log-format = "json"
shutdown-timeout = "5s"

[default-retry-policy]
initial-interval = "100ms"
max-interval = "2s"
max-attempts = "unlimited"

[ingress]
bind-address = ${address(ports.ingressPort)}

[admin]
bind-address = ${address(ports.adminPort)}
disable-web-ui = true

[admin.query-engine]
memory-size = "64 MiB"

[bifrost]
default-provider = "local"
record-cache-memory-size = "16 MiB"

[worker.invoker]
memory-limit = "256 MiB"
request-identity-private-key-pem-file = ${text(identityKeyFile(layout))}
`;
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
