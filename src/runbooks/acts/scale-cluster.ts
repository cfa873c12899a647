/** Sets a cluster's replicas and waits until exactly these are ready. */
import type { ClusterFacts, ClusterName, Snapshot } from "../../domain/snapshot.ts";
import type { Act } from "../../engine/act.ts";
import { TRAFFIC_LOCK } from "./set-weights.ts";

type Scaling = { readonly cluster: ClusterName; readonly replicas: number; readonly readyDeadlineMs: number };

export function scaleCluster(scaling: Scaling): Act {
  return scaleAct(scaling, null);
}

function scaleAct(scaling: Scaling, onlyIf: number | null): Act {
  const { cluster, replicas, readyDeadlineMs } = scaling;
  return {
    op: "scale",
    title: `${onlyIf === null ? "" : "undo: "}scale ${cluster} to ${replicas} pods`,
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
    obstacle: (facts) => {
      const wanted = clusterOf(facts, cluster).replicas;
      if (wanted === null) return `${cluster} cannot be reached`;
      if (onlyIf === null || wanted === onlyIf || wanted === replicas) return null;
      return `${cluster} is set to ${wanted} pods, not to the ${onlyIf} that this run set`;
    },
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
      return was === null ? "never" : scaleAct({ cluster, replicas: was, readyDeadlineMs }, replicas);
    },
    byHand: (hand) => hand.scale(cluster, replicas),
  };
}

function clusterOf(facts: Snapshot, name: ClusterName): ClusterFacts {
  const cluster = facts.clusters[name];
  if (cluster === undefined) throw new RangeError(`no cluster "${name}" in the snapshot`);
  return cluster;
}

/** As it will be once the pods are ready, which `proof` waits for. */
function withReplicas(facts: Snapshot, name: ClusterName, replicas: number): Snapshot {
  const now = clusterOf(facts, name);
  if (now.replicas === replicas) return facts;
  const generation = now.generation + 1;
  const cluster = { ...now, replicas, ready: replicas, generation, observedGeneration: generation };
  return { ...facts, clusters: { ...facts.clusters, [name]: cluster } };
}
