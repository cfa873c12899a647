/** What the control API tells of each cloud: its share, its pods, and this gateway's verdict. */
import type { Discovery } from "./discovery.ts";
import type { PodTable } from "./pods.ts";
import type { CloudWindow, Statistics } from "./statistics.ts";
import { judgeCloud, type Verdict } from "./verdicts.ts";
import type { Weights } from "./weights.ts";

/** `observedPercent` is the cloud's share of the requests that ended in the window, null when there were none. */
export type CloudView = Readonly<{
  weight: number;
  verdict: Verdict;
  reason: string;
  readyPods: number;
  knownPods: number;
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

/** Over the last 10 s. */
export function viewClouds(sources: CloudSources): Record<string, CloudView> {
  const windows = new Map(
    sources.clouds.map((cloud) => [cloud, sources.statistics.cloudWindow(cloud, windowMs)]),
  );
  const total = [...windows.values()].reduce((sum, { requests }) => sum + requests, 0);
  const views = [...windows].map(([cloud, window]): [string, CloudView] => {
    const pods = sources.table.of(cloud);
    const readyPods = pods.filter(({ state }) => state === "ready").length;
    const judged = judgeCloud({
      ...window,
      knownPods: pods.length,
      probedPods: pods.filter(({ state }) => state !== "unknown").length,
      answeringPods: pods.filter(({ state }) => state !== "ejected" && state !== "unknown").length,
      readyPods,
      agentAnswers: sources.agentOf(cloud).problem === null,
      windowMs,
      latencyMs: sources.latencyMs,
    });
    return [
      cloud,
      {
        weight: sources.weights()[cloud] ?? 0,
        ...judged,
        readyPods,
        knownPods: pods.length,
        observedPercent: total === 0 ? null : Math.round((window.requests / total) * 10_000) / 100,
        window: { ms: windowMs, ...window },
      },
    ];
  });
  return Object.fromEntries(views);
}

const windowMs = 10_000;
