/**
 * `counts.ndjson`: what the world itself counts, beside what its effectors remember of having done: the traffic policy's
 * version and each cluster's generation go up by one for each change, whoever made it.
 */
import { readFile } from "node:fs/promises";
import { Secret } from "../domain/secret.ts";
import { createLocalClusters } from "../drivers/local/clusters.ts";
import { createLocalEdge } from "../drivers/local/edge.ts";
import type { LocalStatus } from "../drivers/local/world/status.ts";
import type { RecordFile } from "./record-file.ts";

/** Writes down what the counts are now. */
export type Count = (signal: AbortSignal) => Promise<void>;

export async function countsOf(status: LocalStatus, file: RecordFile): Promise<Count> {
  const token = async (tokenFile: string) => new Secret((await readFile(tokenFile, "utf8")).trim());
  const { controlUrl, tokenFile } = status.edge;
  const edge = createLocalEdge({ controlUrl, token: await token(tokenFile) });
  const agents: Record<string, { url: string; token: Secret }> = {};
  for (const agent of status.agents)
    agents[agent.cloud] = { url: agent.url, token: await token(agent.tokenFile) };
  const cloudOf = Object.fromEntries(status.pods.map(({ cluster, cloud }) => [cluster, cloud]));
  const clusters = createLocalClusters({ agents, clusters: cloudOf });
  return async (signal) => {
    const { version } = await edge.policy(signal);
    file.add({ time: Date.now(), name: "traffic", value: version });
    for (const [cluster, { replicas, generation }] of Object.entries(await clusters.list(signal))) {
      if (replicas === null) throw new Error(`${cluster} cannot be counted: its agent does not answer`);
      file.add({ time: Date.now(), name: `cluster/${cluster}`, value: generation });
    }
  };
}
