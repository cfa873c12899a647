/** A local world for tests: in a folder of its own among the temporary ones, taken down and removed whatever happens. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../../domain/secret.ts";
import type { Token } from "../../../ports/token.ts";
import { createLocalClusters } from "../clusters.ts";
import { createLocalDatabases } from "../databases.ts";
import { createLocalEdge } from "../edge.ts";
import { programPath } from "../processes/node-process.ts";
import { bringUp, type RunningWorld } from "../world/bring-up.ts";
import { requestDown } from "../world/down.ts";
import { createLocalVantagePoints } from "../vantage-points.ts";

export type TestWorld = Awaited<ReturnType<typeof startTestWorld>>;

/** For the hook that does it: a bound, not an expectation, since other tests may have the machine meanwhile. */
export const bringUpWithinMs = 150_000;

export const clustersOfClouds: Readonly<Record<string, string>> = {
  "aws-west": "aws",
  "aws-east": "aws",
  "azure-west": "azure",
  "azure-east": "azure",
  "gcp-west": "gcp",
  "gcp-east": "gcp",
};

const watchedClusters = Object.fromEntries(
  Object.entries(clustersOfClouds).map(([name, cloud]) => [name, { cloud }]),
);

/** Without the orchestrator. `close` is safe to call in any state. */
export async function startTestWorld() {
  const stateDir = mkdtempSync(join(tmpdir(), "wildcam-test-"));
  let world: RunningWorld | undefined;
  const close = async (): Promise<void> => {
    await world?.down();
    await requestDown(stateDir, { purge: true });
  };
  try {
    world = await bringUp({
      stateDir,
      inventoryFile: programPath("inventory.yaml"),
      profile: "drill",
      edgePort: null,
      signal: new AbortController().signal,
      orchestrator: null,
    });
  } catch (error) {
    await requestDown(stateDir, { purge: true });
    throw error;
  }
  return { stateDir, world, status: world.status, close, ...portsOf(world) };
}

function portsOf({ status }: RunningWorld) {
  const edgeAt = { controlUrl: status.edge.controlUrl, token: tokenIn(status.edge.tokenFile) };
  const agents = Object.fromEntries(
    status.agents.map(({ cloud, url, tokenFile }) => [cloud, { url, token: tokenIn(tokenFile) }]),
  );
  return {
    agents,
    edge: createLocalEdge(edgeAt),
    points: createLocalVantagePoints({
      observers: Object.fromEntries(
        status.observers.map(({ cloud, url, tokenFile }) => [cloud, { url, token: tokenIn(tokenFile) }]),
      ),
      edge: { url: edgeAt.controlUrl, token: edgeAt.token },
      clusters: watchedClusters,
    }),
    clusters: createLocalClusters({ agents, clusters: clustersOfClouds }),
    databases: createLocalDatabases({ agents }),
  };
}

export function tokenIn(file: string): Secret {
  return new Secret(readFileSync(file, "utf8").trim());
}

/** Tokens as an engine would hand them out: each newer than the one before. */
export function tokenSource(run: string, lock: string, epoch = 1): () => Token {
  let sequence = 0;
  return () => {
    sequence += 1;
    return { key: `${run}/${sequence}`, lock, epoch, sequence };
  };
}
