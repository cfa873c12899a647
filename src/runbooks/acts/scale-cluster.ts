/** Sets a cluster's replicas and waits until exactly these are ready. */
import type { ClusterFacts, ClusterName, Snapshot } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { TRAFFIC_LOCK } from "./set-weights.ts";

type Scaling = { readonly cluster: ClusterName; readonly replicas: number; readonly readyDeadlineMs: number };

export function scaleCluster(scaling: Scaling): Act {
  const { cluster, replicas } = scaling;
  return scaleAct(scaling, `scale ${cluster} to ${replicas} pods`);
}

function scaleAct(scaling: Scaling, title: string): Act {
  const { cluster, replicas, readyDeadlineMs } = scaling;
  return {
    op: "scale",
    title,
    target: `cluster/${cluster}`,
    params: { cluster, replicas },
    lock: TRAFFIC_LOCK,
    section: "traffic",
    deadlineMs: readyDeadlineMs,
    pollMs: 200,
    before: (facts) => {
      const { replicas: wanted, generation } = clusterOf(facts, cluster);
      return { replicas: wanted, generation };
    },
    expect: (facts) => withReplicas(facts, cluster, replicas),
    obstacle: (facts) =>
      clusterOf(facts, cluster).replicas === null ? `${cluster} cannot be reached` : null,
    perform: (world, { facts, token }, signal) => {
      const expectedGeneration = clusterOf(facts, cluster).generation;
      return world.clusters.scale({ cluster, replicas, expectedGeneration, token }, signal);
    },
    proof: (now) => {
      const { replicas: wanted, ready, generation, observedGeneration } = clusterOf(now, cluster);
      const ok = wanted === replicas && ready === replicas && observedGeneration === generation;
      return { ok, evidence: { replicas: wanted, ready, generation, observedGeneration } };
    },
    undo: (before) => {
      const was = clusterOf(before, cluster).replicas;
      if (was === null) return "never";
      return scaleAct({ cluster, replicas: was, readyDeadlineMs }, `undo: scale ${cluster} to ${was} pods`);
    },
    byHand: (hand) => hand.scale(cluster, replicas),
  };
}

function clusterOf(facts: Snapshot, name: ClusterName): ClusterFacts {
  const cluster = facts.clusters[name];
  if (cluster === undefined) throw new RangeError(`no cluster "${name}" in the snapshot`);
  return cluster;
}

/**
 * As it will be once the pods are ready, which `proof` waits for. Fewer pods may be taken from those that serve, while those
 * that are left are not ready yet: what is lowered never counts for more than what serves now.
 */
function withReplicas(facts: Snapshot, name: ClusterName, replicas: number): Snapshot {
  const now = clusterOf(facts, name);
  if (now.replicas === replicas && now.ready === replicas) return facts;
  // What is wanted already and not ready yet is waited for, and is no change.
  const generation = now.replicas === replicas ? now.generation : now.generation + 1;
  const isLowered = now.replicas !== null && replicas < now.replicas;
  const ready = isLowered ? Math.min(now.ready, replicas) : replicas;
  const cluster = { ...now, replicas, ready, generation, observedGeneration: generation };
  return { ...facts, clusters: { ...facts.clusters, [name]: cluster } };
}
