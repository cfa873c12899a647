/** The API's route for what is known of the clouds' health, and by whom. */
import type { FastifyInstance } from "fastify";
import type { HealthBoard } from "../health-board.ts";
import { viewerOf } from "./callers.ts";

const READ_MS = 5_000;

export function addCloudRoutes(app: FastifyInstance, board: HealthBoard): void {
  app.get("/v1/clouds", async (request) => {
    viewerOf(request);
    const facts = await board.verdicts(AbortSignal.timeout(READ_MS));
    const standings = board.clusters();
    const clouds = Object.entries(facts).map(([cloud, { clusters, ...about }]) => ({
      cloud,
      ...about,
      clusters: Object.keys(clusters).map((cluster) => clusterRow(cluster, standings[cluster])),
    }));
    return { at: board.nowMs(), clouds, vantages: board.vantages().map((vantage) => vantageRow(vantage)) };
  });
}

function clusterRow(cluster: string, standing: ReturnType<HealthBoard["clusters"]>[string] | undefined) {
  const { verdict = "unknown", reason = "", observers = 0, sinceMs = 0 } = standing ?? {};
  return { cluster, verdict, reason, observers, sinceMs };
}

function vantageRow({ name, cloud, sighting, problem }: ReturnType<HealthBoard["vantages"]>[number]) {
  return {
    name,
    cloud,
    heardAtMs: sighting?.atMs ?? null,
    isolated: sighting?.isolated ?? false,
    problem,
    clusters: sighting?.clusters ?? {},
  };
}
