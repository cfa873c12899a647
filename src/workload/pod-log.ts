// Why: JSON lines that say which cloud they come from. A pod under load must not fill the disk with them:
// changes of state are always told, requests only when they failed or were slow, and of those a few a second.

import { pino } from "pino";
import type { Logger } from "pino";
import type { PodSettings } from "./settings.ts";

export type RequestLine = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly error?: string;
};

export type PodLog = {
  readonly change: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  /** Tells of a request if it failed (5xx) or was slow. */
  readonly request: (line: RequestLine) => void;
  readonly fault: (error: unknown, message: string) => void;
};

const mostLinesPerSecond = 10;

/** To standard output, each line written before the call returns. */
export function podLog(settings: PodSettings): PodLog {
  const { provider, region, cluster } = settings;
  const logger: Logger = pino({
    level: settings.logLevel,
    base: { provider, region, cluster, pid: process.pid },
  });
  const passes = fewPerSecond(mostLinesPerSecond, (left) =>
    logger.warn({ left }, "more requests failed or were slow than are told"),
  );
  return {
    change: (fields, message) => logger.info(fields, message),
    request: (line) => {
      if (line.status < 500 && line.durationMs <= settings.slowMs) return;
      if (!passes(performance.now())) return;
      if (line.status >= 500) logger.error(line, "request failed");
      else logger.warn(line, "request was slow");
    },
    fault: (error, message) => logger.error({ err: error }, message),
  };
}

/** Says yes at most so often within a second; `tell` hears afterwards how many were left out. */
export function fewPerSecond(most: number, tell: (left: number) => void): (nowMs: number) => boolean {
  let second = -1;
  let passed = 0;
  let left = 0;
  return (nowMs) => {
    if (Math.floor(nowMs / 1000) !== second) {
      second = Math.floor(nowMs / 1000);
      if (left > 0) tell(left);
      passed = 0;
      left = 0;
    }
    passed += 1;
    if (passed <= most) return true;
    left += 1;
    return false;
  };
}
