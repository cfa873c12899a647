/** The vantage points of the local world: the clouds' observers over HTTP, and the edge's view of its pods and requests. */
import { z } from "zod";
import type { Secret } from "../../domain/secret.ts";
import type { Cloud, ClusterName, Verdict } from "../../domain/snapshot.ts";
import { VERDICTS } from "../../domain/snapshot.ts";
import { type ClusterSight, SIGHTS } from "../../domain/verdicts/sighting.ts";
import type { VantagePoint } from "../../ports/vantage-points.ts";
import { controlClient } from "./control-client.ts";

type At = { readonly url: string; readonly token: Secret };

export type LocalVantagePoints = {
  readonly observers: Readonly<Record<Cloud, At>>;
  /** Its control address. */
  readonly edge: At;
  readonly clusters: Readonly<Record<ClusterName, { readonly cloud: Cloud }>>;
};

const sighting = z.object({
  isolated: z.boolean(),
  clusters: z.record(z.string(), z.object({ state: z.enum(SIGHTS), reason: z.string() })),
});
const edgeView = z.object({
  clouds: z.record(
    z.string(),
    z.object({
      clusters: z.record(z.string(), z.object({ verdict: z.enum(VERDICTS), reason: z.string() })),
    }),
  ),
});

export function createLocalVantagePoints(options: LocalVantagePoints): VantagePoint[] {
  const observers = Object.entries(options.observers).map(([cloud, at]) =>
    observerIn(cloud, at, options.clusters),
  );
  return [...observers, edgeAt(options.edge, options.clusters)];
}

type Clusters = LocalVantagePoints["clusters"];

function observerIn(cloud: Cloud, at: At, clusters: Clusters): VantagePoint {
  const name = `observer ${cloud}`;
  const client = controlClient(name, { ...at, readWithinMs: withinMs });
  return {
    name,
    cloud,
    look: async (signal) => {
      const seen = await client.read("/v1/sighting", sighting, signal);
      return { isolated: seen.isolated, clusters: ofEach(clusters, (cluster) => seen.clusters[cluster]) };
    },
  };
}

/** Where no cluster at all serves, the edge cannot tell that from having lost its own way to them. */
function edgeAt(at: At, clusters: Clusters): VantagePoint {
  const client = controlClient("the edge", { ...at, readWithinMs: withinMs });
  return {
    name: "edge",
    cloud: null,
    look: async (signal) => {
      const { clouds } = await client.read("/v1/clouds", edgeView, signal);
      const seen = ofEach(clusters, (cluster, cloud) => {
        const judged = clouds[cloud]?.clusters[cluster];
        return judged && { state: stateOf[judged.verdict], reason: judged.reason };
      });
      const states = Object.values(seen).map(({ state }) => state);
      const isolated = states.includes("fails") && !states.includes("answers") && !states.includes("slow");
      return { isolated, clusters: seen };
    },
  };
}

const stateOf: Readonly<Record<Verdict, ClusterSight["state"]>> = {
  healthy: "answers",
  degraded: "slow",
  down: "fails",
  unknown: "unseen",
};

function ofEach(
  clusters: Clusters,
  sightOf: (cluster: ClusterName, cloud: Cloud) => ClusterSight | undefined,
): Record<ClusterName, ClusterSight> {
  const unseen: ClusterSight = { state: "unseen", reason: "it knows nothing of this cluster" };
  const sights: Record<ClusterName, ClusterSight> = {};
  for (const [name, { cloud }] of Object.entries(clusters)) sights[name] = sightOf(name, cloud) ?? unseen;
  return sights;
}

const withinMs = 1_000;
