/**
 * The API's route for what is known of the clouds' health, and by whom; and, beside it and apart from it, what each cloud
 * says of itself.
 */
import type { FastifyInstance } from "fastify";
import { agreementOf } from "../../domain/own-word/agreement.ts";
import type { CloudFacts } from "../../domain/snapshot.ts";
import type { HealthBoard } from "../health-board.ts";
import type { OwnWord } from "../own-words.ts";
import { viewerOf } from "./callers.ts";

const READ_MS = 5_000;

export type Words = { of(cloud: string): OwnWord | null };

export function addCloudRoutes(app: FastifyInstance, board: HealthBoard, words: Words): void {
  app.get("/v1/clouds", async (request) => {
    viewerOf(request);
    const facts = await board.verdicts(AbortSignal.timeout(READ_MS));
    const standings = board.clusters();
    const clouds = Object.entries(facts).map(([cloud, { clusters, ...about }]) => ({
      cloud,
      ...about,
      own: shownWord(words.of(cloud), about.verdict),
      clusters: Object.keys(clusters).map((cluster) => clusterRow(cluster, standings[cluster])),
    }));
    return { at: board.nowMs(), clouds, vantages: board.vantages().map((vantage) => vantageRow(vantage)) };
  });
}

function shownWord(word: OwnWord | null, verdict: CloudFacts["verdict"]) {
  return word === null ? null : { ...word, agreement: agreementOf(verdict, word.says) };
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
