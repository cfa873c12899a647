/** What the control API tells of each cloud: its share, its pods, and this gateway's verdict, of its clusters as well. */
import type { Discovery } from "./discovery.ts";
import type { Pod, PodTable } from "./pods.ts";
import type { CloudWindow, Statistics } from "./statistics.ts";
import { judgePods, type Verdict } from "./verdicts.ts";
import type { Weights } from "./weights.ts";

type Judged = Readonly<{ verdict: Verdict; reason: string; readyPods: number; knownPods: number }>;

/** `observedPercent` is the cloud's share of the requests that ended in the window, null when there were none. */
type CloudView = Judged &
  Readonly<{
    weight: number;
    clusters: Readonly<Record<string, Judged>>;
    observedPercent: number | null;
    window: Readonly<{ ms: number }> & CloudWindow;
  }>;

export type CloudSources = Readonly<{
  clouds: readonly string[];
  table: PodTable;
  statistics: Statistics;
  agentOf: Discovery["stateOf"];
  weights: () => Weights;
  latencyMs: number;
}>;

/** Clouds over the last 10 s, clusters over the last 3 s. */
export function viewClouds(sources: CloudSources): Record<string, CloudView> {
  const windows = new Map(
    sources.clouds.map((cloud) => [cloud, sources.statistics.cloudWindow(cloud, windowMs)]),
  );
  const total = [...windows.values()].reduce((sum, { requests }) => sum + requests, 0);
  const views = [...windows].map(([cloud, window]): [string, CloudView] => {
    const pods = sources.table.of(cloud);
    const agentAnswers = sources.agentOf(cloud).problem === null;
    const judge = (those: readonly Pod[], counts: Counts, ms: number): Judged =>
      judgeThose(those, { ...counts, windowMs: ms, agentAnswers, latencyMs: sources.latencyMs });
    const clusters = [...new Set(pods.map(({ cluster }) => cluster))].map((cluster): [string, Judged] => {
      const own = pods.filter((pod) => pod.cluster === cluster);
      return [cluster, judge(own, sources.statistics.clusterWindow(cluster, shortMs), shortMs)];
    });
    return [
      cloud,
      {
        weight: sources.weights()[cloud] ?? 0,
        ...judge(pods, window, windowMs),
        clusters: Object.fromEntries(clusters),
        observedPercent: total === 0 ? null : Math.round((window.requests / total) * 10_000) / 100,
        window: { ms: windowMs, ...window },
      },
    ];
  });
  return Object.fromEntries(views);
}

type Counts = Readonly<{ requests: number; slow: number; attempts: number; failedAttempts: number }>;

function judgeThose(
  pods: readonly Pod[],
  around: Counts & Readonly<{ windowMs: number; agentAnswers: boolean; latencyMs: number }>,
): Judged {
  const counted = {
    knownPods: pods.length,
    readyPods: pods.filter(({ state }) => state === "ready").length,
  };
  const judged = judgePods({
    ...around,
    ...counted,
    probedPods: pods.filter(({ state }) => state !== "unknown").length,
    answeringPods: pods.filter(({ state }) => state !== "ejected" && state !== "unknown").length,
  });
  return { ...judged, ...counted };
}

const windowMs = 10_000;
const shortMs = 3_000;
