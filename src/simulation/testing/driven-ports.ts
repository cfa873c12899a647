/** The model's ports as a driver would be called: each call lets the world's time pass until it is answered. */
import type { Clusters } from "../../ports/clusters.ts";
import type { Databases } from "../../ports/databases.ts";
import type { Edge } from "../../ports/edge.ts";
import type { Health } from "../../ports/health.ts";
import type { Night } from "./night.ts";

export function drivenEdge(night: Night): Edge {
  const { edge } = night.ports;
  return {
    policy: (signal) => night.run(edge.policy(signal)),
    setWeights: (request, signal) => night.run(edge.setWeights(request, signal)),
    window: (ms, signal) => night.run(edge.window(ms, signal)),
    windows: (ask, signal) => night.run(edge.windows(ask, signal)),
    demand: (signal) => night.run(edge.demand(signal)),
  };
}

export function drivenHealth(night: Night): Health {
  return { verdicts: (signal) => night.run(night.ports.health.verdicts(signal)) };
}

export function drivenClusters(night: Night): Clusters {
  const { clusters } = night.ports;
  return {
    list: (signal) => night.run(clusters.list(signal)),
    scale: (request, signal) => night.run(clusters.scale(request, signal)),
  };
}

export function drivenDatabases(night: Night): Databases {
  const { databases } = night.ports;
  return {
    observe: (database, signal) => night.run(databases.observe(database, signal)),
    perform: (at, act, token, signal) => night.run(databases.perform(at, act, token, signal)),
    marker: (at, signal) => night.run(databases.marker(at, signal)),
  };
}
