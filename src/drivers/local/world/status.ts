/**
 * What is up, as anybody may read it: load, probes and kills attach to this. Every entry is asked live, each with a
 * short deadline, so that a dead or frozen cloud costs no more than that and is said to be down.
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import { Secret } from "../../../domain/secret.ts";
import { controlClient } from "../control-client.ts";
import { databaseUrl, withConnection } from "../postgres/connection.ts";
import { readPostmasterFile } from "../postgres/data-directory.ts";
import { secretsFile, superuserEndpoint } from "../postgres/member.ts";
import { readText } from "../processes/files.ts";
import { commandLineOf, identify } from "../processes/identity.ts";
import { layoutOf } from "./layout.ts";
import { engineTrouble } from "./member-trouble.ts";
import { seatsOf } from "./seats.ts";
import { findSupervisor } from "./supervisor-lock.ts";
import { usualPerson } from "./usual-person.ts";
import { readWorldFile, type WorldFile } from "./world-file-parse.ts";

export type LocalStatus = {
  readonly edge: {
    readonly url: string;
    readonly controlUrl: string;
    readonly tokenFile: string;
    readonly pid: number | null;
  };
  readonly databases: readonly {
    readonly cloud: string;
    /** As superuser, in the workload's database. */
    readonly url: string;
    readonly role: "primary" | "standby" | "down";
    readonly pid: number | null;
  }[];
  readonly pods: readonly {
    readonly cloud: string;
    readonly cluster: string;
    readonly url: string;
    readonly pid: number;
  }[];
  readonly agents: readonly {
    readonly cloud: string;
    readonly url: string;
    readonly tokenFile: string;
    readonly pid: number | null;
  }[];
  readonly observers: readonly {
    readonly cloud: string;
    readonly url: string;
    readonly tokenFile: string;
    readonly pid: number | null;
  }[];
  /** What was done to clouds on purpose, or by whoever killed a keeper. */
  readonly faults: WorldFile["faults"];
  readonly orchestrator: readonly {
    /** Null: it stands outside of all clouds. */
    readonly cloud: string | null;
    readonly apiUrl: string;
    readonly tokenFile: string;
    readonly pids: { readonly server: number | null; readonly engine: number | null };
    /** Why its engine does not come up, when that is known. */
    readonly trouble: string | null;
  }[];
  readonly stateDir: string;
  readonly phase: WorldFile["phase"];
  readonly profile: string;
  readonly inventoryPath: string;
  /** The process that everything here ends with. */
  readonly supervisorPid: number;
};

const databaseWithinMs = 1_000;
const agentWithinMs = 1_000;
const endpoints = z.array(z.object({ cluster: z.string(), url: z.string(), pid: z.int() }));

/** Null when no world is up on that folder. */
export async function readStatus(stateDir: string): Promise<LocalStatus | null> {
  const layout = layoutOf(resolve(stateDir));
  const supervisor = findSupervisor(layout);
  const world = supervisor === null ? null : readWorldFile(layout.worldFile);
  const secrets = readText(layout.secretsFile);
  if (supervisor === null || world === null || secrets === null) return null;
  const passwords = secretsFile.parse(JSON.parse(secrets));
  const clouds = Object.entries(world.clouds);
  const [databases, pods] = await Promise.all([
    Promise.all(
      clouds.map(
        async ([cloud, entry]) =>
          await databaseOf(cloud, entry, { database: world.database, secrets: passwords }),
      ),
    ),
    Promise.all(clouds.map(async ([cloud, entry]) => await podsOf(cloud, entry))),
  ]);
  return {
    edge: {
      url: `http://127.0.0.1:${world.edge.port}`,
      controlUrl: `http://127.0.0.1:${world.edge.controlPort}`,
      tokenFile: world.edge.tokenFile,
      pid: living(world.edge.pid),
    },
    databases,
    pods: pods.flat(),
    agents: clouds.map(([cloud, { agent }]) => ({
      cloud,
      url: `http://127.0.0.1:${agent.port}`,
      tokenFile: agent.tokenFile,
      pid: living(agent.pid),
    })),
    observers: clouds.flatMap(([cloud, { observer }]) =>
      observer === null
        ? []
        : [
            {
              cloud,
              url: `http://127.0.0.1:${observer.port}`,
              tokenFile: observer.tokenFile,
              pid: living(observer.pid),
            },
          ],
    ),
    faults: world.faults,
    orchestrator: orchestratorOf(world, layout),
    stateDir: layout.stateDir,
    phase: world.phase,
    profile: world.profile,
    inventoryPath: world.inventoryPath,
    supervisorPid: supervisor.pid,
  };
}

type CloudEntry = WorldFile["clouds"][string];
type Access = { readonly database: string; readonly secrets: z.infer<typeof secretsFile> };

async function databaseOf(
  cloud: string,
  { postgres }: CloudEntry,
  access: Access,
): Promise<LocalStatus["databases"][number]> {
  const endpoint = superuserEndpoint(postgres.port, access.database, access.secrets);
  const recovery = await withConnection(endpoint, databaseWithinMs, async (query) => {
    const [row] = await query("select pg_is_in_recovery() as recovery");
    return row?.["recovery"] === true;
  }).catch(() => null);
  const role = recovery === null ? "down" : recovery ? "standby" : "primary";
  return { cloud, url: databaseUrl(endpoint), role, pid: postmasterPid(postgres.dataDirectory) };
}

function postmasterPid(dataDirectory: string): number | null {
  const pid = readPostmasterFile(dataDirectory)?.pid ?? null;
  return pid !== null && identify(pid) !== null && commandLineOf(pid).includes(dataDirectory) ? pid : null;
}

async function podsOf(cloud: string, { agent }: CloudEntry): Promise<LocalStatus["pods"]> {
  const token = new Secret(readText(agent.tokenFile)?.trim() ?? "");
  const client = controlClient(`agent ${cloud}`, { url: `http://127.0.0.1:${agent.port}`, token });
  const listed = await client
    .read("/v1/endpoints", endpoints, AbortSignal.timeout(agentWithinMs))
    .catch(() => []);
  await client.close();
  return listed.map(({ cluster, url, pid }) => ({ cloud, cluster, url, pid }));
}

function orchestratorOf(world: WorldFile, layout: ReturnType<typeof layoutOf>): LocalStatus["orchestrator"] {
  const tokenFile = join(layout.tokenDir, usualPerson(layout.peopleFile, Date.now()));
  return seatsOf(layout, world).map(({ cloud, ports, engineLog }) => {
    const { apiPort, serverPid, enginePid } = ports;
    const pids = { server: living(serverPid), engine: living(enginePid) };
    const trouble = cloud === null ? null : engineTrouble(layout.logFile(engineLog));
    return { cloud, apiUrl: `http://127.0.0.1:${apiPort}`, tokenFile, pids, trouble };
  });
}

function living(pid: number | null): number | null {
  return pid !== null && identify(pid) !== null ? pid : null;
}
