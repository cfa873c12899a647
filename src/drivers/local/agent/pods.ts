/** One pod: its name, how it is started, and whether it says that it is ready. */
import { join } from "node:path";
import { Agent, request } from "undici";
import type { KeptProcess, ProcessSpec } from "../keeper/protocol.ts";
import type { AgentConfig } from "./config.ts";

const prefix = "pod:";
const startWithinMs = 20_000;
const readyAnswerWithinMs = 500;
const connections = new Agent({ connections: 2, keepAliveTimeout: 4_000 });

export function isPod(name: string): boolean {
  return name.startsWith(prefix);
}

/** "pod:aws-west:2" is of "aws-west". */
export function clusterOf(name: string): string {
  return name.slice(prefix.length, name.lastIndexOf(":"));
}

/** The lowest number that no pod of the cluster has. */
export function freeName(cluster: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const name = `${prefix}${cluster}:${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** Its address by the port that it reported; empty before. */
export function urlOf(kept: KeptProcess): string {
  const port = kept.ready?.["port"];
  return typeof port === "number" ? `http://127.0.0.1:${port}` : "";
}

/** As it says itself when asked. */
export async function isReady(kept: KeptProcess): Promise<boolean> {
  const url = urlOf(kept);
  if (url === "") return false;
  try {
    const signal = AbortSignal.timeout(readyAnswerWithinMs);
    const answer = await request(`${url}/ready`, { dispatcher: connections, signal });
    await answer.body.dump();
    return answer.statusCode === 200;
  } catch {
    return false;
  }
}

const servingNiceness = 0;

/**
 * On one machine pods give way to databases, agents and orchestrator, which in the clouds have machines of their own;
 * while one starts beside others that serve, it gives way to these too.
 */
export function podSpec(config: AgentConfig, cluster: string, name: string, beside: boolean): ProcessSpec {
  const { pod } = config;
  return {
    command: pod.program,
    args: pod.args,
    env: {
      ...pod.env,
      WILDCAM_PROVIDER: config.cloud,
      WILDCAM_REGION: config.clusters[cluster]?.region ?? "",
      WILDCAM_CLUSTER: cluster,
      WILDCAM_VERSION: pod.version,
      HOST: config.host,
      PORT: "0",
    },
    cwd: pod.cwd,
    logFile: join(pod.logFolder, `${name.slice(prefix.length).replace(":", "-")}.log`),
    owner: null,
    readyWithinMs: startWithinMs,
    restart: false,
    niceness: { starting: beside ? 10 : servingNiceness, serving: servingNiceness },
    endSignal: "SIGKILL",
  };
}
