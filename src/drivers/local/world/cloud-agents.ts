/** Configures and starts the clouds' agents, and waits until their pods are ready. */
import { mkdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Inventory } from "../../../domain/inventory/schema.ts";
import type { Secret } from "../../../domain/secret.ts";
import type { AgentConfig } from "../agent/config.ts";
import { createLocalClusters } from "../clusters.ts";
import { databaseUrl } from "../postgres/connection.ts";
import { applicationEndpoint, type MemberConfig, type Secrets } from "../postgres/member.ts";
import { writeJson } from "../processes/files.ts";
import { checkoutRoot, nodeSpec, programEnvironment, programPath } from "../processes/node-process.ts";
import { pollUntil } from "../processes/wait.ts";
import { probeIntervalMs, writeBoundMs } from "./edge-gateway.ts";
import type { KeeperProcess } from "./keeper-process.ts";
import type { Layout } from "./layout.ts";
import { portTo } from "./links.ts";
import { ensureToken } from "./secrets.ts";
import { WorldError } from "./world-error.ts";
import type { WorldFile } from "./world-file-parse.ts";

export const agentName = "agent";
const agentReadyWithinMs = 15_000;
const podsReadyWithinMs = 60_000;
const questionWithinMs = 3_000;

export type AgentPlan = {
  readonly layout: Layout;
  readonly inventory: Inventory;
  readonly members: Readonly<Record<string, MemberConfig>>;
  readonly secrets: Secrets;
  readonly world: WorldFile;
};

export function writeAgentConfig(plan: AgentPlan, cloud: string): void {
  const { layout, inventory, members, secrets, world } = plan;
  const member = members[cloud];
  if (member === undefined) throw new RangeError(`no database member in cloud "${cloud}"`);
  const folder = layout.agentDir(cloud);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const urls = Object.entries(member.ports).map(([each, port]) => [
    each,
    databaseUrl(applicationEndpoint(port, member.database, secrets)),
  ]);
  const clusters = Object.entries(inventory.clusters).filter(([, cluster]) => cluster.cloud === cloud);
  const config: AgentConfig = {
    cloud,
    host: "127.0.0.1",
    port: world.clouds[cloud]?.agent.port ?? 0,
    tokenFile: layout.controlToken(`agent-${cloud}`),
    effectsFile: `${layout.effectsDir}/agent-${cloud}.ndjson`,
    wantedFile: `${folder}/wanted.json`,
    secretsFile: layout.secretsFile,
    synchronous: inventory.databases[member.database]?.synchronous ?? 0,
    peers: peersOf(plan, cloud),
    member,
    clusters: Object.fromEntries(
      clusters.map(([name, { region, replicas }]) => [name, { region, replicas: replicas.usual }]),
    ),
    pod: {
      program: process.execPath,
      args: [programPath("src/workload/main.ts")],
      env: {
        ...programEnvironment(layout.cacheDir),
        WILDCAM_DATABASES: JSON.stringify(Object.fromEntries(urls)),
        // A dozen pods and more share one machine: each connection less is one less to break and to make in a switchover.
        WILDCAM_READ_POOL: "2",
        WILDCAM_WRITE_POOL: "2",
        // An orchestrator that is frozen for 5 s in the middle of a pivot comes back within this.
        WILDCAM_WRITE_BOUND_MS: String(writeBoundMs),
        // The edge has seen by then that the pod is not ready.
        WILDCAM_DRAIN_MS: String(3 * probeIntervalMs),
        WILDCAM_FAULT_TOKEN_FILE: podFaultToken(layout),
      },
      cwd: checkoutRoot,
      logFolder: layout.logDir,
      version: productVersion(),
    },
  };
  ensureToken(config.tokenFile);
  ensureToken(podFaultToken(layout));
  writeJson(configFile(layout, cloud), config);
}

function peersOf({ layout, world }: AgentPlan, cloud: string): AgentConfig["peers"] {
  const others = Object.keys(world.clouds).filter((name) => name !== cloud);
  return Object.fromEntries(
    others.map((name) => {
      const port = portTo(world, { from: cloud, to: name, what: "agent" });
      const tokenFile = layout.controlToken(`agent-${name}`);
      ensureToken(tokenFile);
      return [name, { url: `http://127.0.0.1:${port}`, tokenFile }];
    }),
  );
}

function configFile(layout: Layout, cloud: string): string {
  return `${layout.agentDir(cloud)}/config.json`;
}

/** Of who may have pods fail on purpose. */
export function podFaultToken(layout: Layout): string {
  return layout.controlToken("pod-faults");
}

/** With the configuration that was written last. Answers its pid. */
export async function startAgent(layout: Layout, keeper: KeeperProcess): Promise<number> {
  const spec = nodeSpec({
    program: programPath("src/drivers/local/agent/main.ts"),
    args: [configFile(layout, keeper.group)],
    env: programEnvironment(layout.cacheDir),
    logFile: layout.logFile(`agent-${keeper.group}`),
    readyWithinMs: agentReadyWithinMs,
  });
  const { pid } = await keeper.keeper.start(agentName, spec);
  return pid;
}

/** Until every cluster has what is wanted of it. */
export async function untilPodsReady(options: {
  readonly inventory: Inventory;
  readonly agents: Readonly<Record<string, { url: string; token: Secret }>>;
  readonly logDir: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { inventory, agents, signal, logDir } = options;
  const clusters = createLocalClusters({
    agents,
    clusters: Object.fromEntries(
      Object.entries(inventory.clusters).map(([name, { cloud }]) => [name, cloud]),
    ),
  });
  let lacking = "";
  const ready = await pollUntil(
    async () => {
      const facts = await clusters.list(AbortSignal.any([signal, AbortSignal.timeout(questionWithinMs)]));
      const behind = Object.entries(facts).filter(
        ([, row]) => row.replicas === null || row.observedGeneration !== row.generation,
      );
      lacking = behind.map(([name, row]) => `${name} ${row.ready} of ${row.replicas ?? "?"}`).join(", ");
      return behind.length === 0 ? true : undefined;
    },
    { withinMs: podsReadyWithinMs, everyMs: 100, signal },
  );
  if (ready !== undefined) return;
  throw new WorldError({
    what: "not every pod became ready",
    why: `after ${podsReadyWithinMs} ms: ${lacking}`,
    next: `Their logs say why: ${logDir}`,
  });
}

let version: string | undefined;

function productVersion(): string {
  version ??= z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(programPath("package.json"), "utf8"))).version;
  return version;
}
