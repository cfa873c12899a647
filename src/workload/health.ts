// Why: what a pod says of itself: `/ready` to the edge, `/health` to people and drills.
//
// 1. Ready is to be able to read: a pod without a primary still answers most requests.
// 2. Read from the last look: asking costs the databases nothing.
// 3. What cannot be told is null.

import type { Databases } from "./databases.ts";
import type { Reply } from "./reply.ts";
import type { PodSettings } from "./settings.ts";

type Status = "ok" | "degraded" | "unavailable" | "draining";

/** True when some database can be read. */
export function isReady(databases: Databases): boolean {
  return databases.readable.length > 0;
}

/** 200 while requests are answered, also in part; else 503. */
export function health(settings: PodSettings, databases: Databases, draining: boolean): Reply {
  const { provider, region, cluster, version } = settings;
  const { own, lag } = databases;
  const status = statusOf(settings, databases, draining);
  return {
    status: status === "ok" || status === "degraded" ? 200 : 503,
    body: {
      status,
      provider,
      region,
      cluster,
      version,
      database: {
        role: own.reachable ? (own.inRecovery ? "standby" : "primary") : "unreachable",
        writesBlocked: own.reachable ? own.writesBlocked : null,
        lagBytes: lag?.lagBytes ?? null,
        lagSeconds: lag?.lagSeconds ?? null,
        primary: databases.primary ?? null,
        timeline: databases.timeline,
      },
    },
  };
}

function statusOf(settings: PodSettings, databases: Databases, draining: boolean): Status {
  if (draining) return "draining";
  if (!isReady(databases)) return "unavailable";
  const isWhole = databases.primary !== undefined && databases.readable.includes(settings.provider);
  return isWhole ? "ok" : "degraded";
}
