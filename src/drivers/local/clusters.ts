/** The Clusters port on the clouds' agents. */
import { z } from "zod";
import type { ClusterFacts } from "../../domain/snapshot.ts";
import { terminal } from "../../ports/errors.ts";
import type { Clusters } from "../../ports/clusters.ts";
import { type ControlAddress, type ControlClient, controlClient } from "./control-client.ts";

const scaleWithinMs = 10_000;

const cluster = z.object({
  replicas: z.int(),
  ready: z.int(),
  generation: z.int(),
  observedGeneration: z.int(),
});
const listed = z.record(z.string(), cluster);
const scaled = z.object({ result: z.enum(["done", "repeated", "found"]), cluster });

export function createLocalClusters(options: {
  readonly agents: Readonly<Record<string, ControlAddress>>;
  /** The cloud of each cluster. */
  readonly clusters: Readonly<Record<string, string>>;
}): Clusters {
  const agents = new Map(
    Object.entries(options.agents).map(([cloud, address]) => [
      cloud,
      controlClient(`agent ${cloud}`, address),
    ]),
  );
  return {
    list: async (signal) => {
      const clouds = [...new Set(Object.values(options.clusters))];
      const answers = await Promise.all(
        clouds.map(async (cloud) => [cloud, await listOf(agents.get(cloud), signal)] as const),
      );
      const found = new Map(answers);
      const rows = Object.entries(options.clusters).map(([name, cloud]): [string, ClusterFacts] => {
        const facts = found.get(cloud)?.[name];
        return [name, facts === undefined ? unreachable(cloud) : { cloud, ...facts }];
      });
      return Object.fromEntries(rows);
    },
    scale: async (request, signal) => {
      const cloud = options.clusters[request.cluster];
      const agent = cloud === undefined ? undefined : agents.get(cloud);
      if (cloud === undefined || agent === undefined) throw terminal(`no cluster "${request.cluster}"`);
      const { replicas, expectedGeneration, token } = request;
      const path = `/v1/clusters/${encodeURIComponent(request.cluster)}/scale`;
      const change = {
        method: "PUT",
        path,
        body: { replicas, expectedGeneration, token },
        withinMs: scaleWithinMs,
      } as const;
      const { result, cluster: facts } = await agent.change(change, scaled, signal);
      return { result, answer: { cloud, ...facts } };
    },
  };
}

async function listOf(
  agent: ControlClient | undefined,
  signal: AbortSignal,
): Promise<z.infer<typeof listed> | null> {
  return (await agent?.read("/v1/clusters", listed, signal).catch(() => null)) ?? null;
}

function unreachable(cloud: string): ClusterFacts {
  return { cloud, replicas: null, ready: 0, generation: 0, observedGeneration: 0 };
}
