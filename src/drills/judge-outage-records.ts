/** The raw records that only a drill has in which a cloud is taken away. All times are milliseconds since the epoch. */
import { readCounts, type Count } from "./judge-kill-records.ts";
import { collect, Line, readObject } from "./judge-lines.ts";

/** One fault of a cloud. `endMs` Infinity: it was never ended. */
export type FaultSpan = {
  readonly round: number;
  readonly cloud: string;
  readonly fault: string;
  readonly beginMs: number;
  readonly endMs: number;
  /** How many members of the orchestrator went with it. */
  readonly membersLost: number;
};

/** A member of the orchestrator says something else of a cloud than before. */
export type VerdictChange = {
  readonly time: number;
  readonly member: string;
  readonly cloud: string;
  readonly verdict: "healthy" | "degraded" | "down" | "unknown";
  readonly observers: number;
};

export type OutageLimits = {
  readonly detectedMs: number;
  readonly detectedP50Ms: number;
  /** From the verdict on. */
  readonly shiftMs: number;
  readonly writesBackMs: number;
  readonly stallMs: number;
  readonly failedReadsPercent: number;
  readonly restoreStepPoints: number;
};

export type Outage = {
  readonly cloud: string;
  readonly fault: "kill" | "freeze" | "slow" | "errors" | "partition";
  readonly repeat: number;
  readonly limits: OutageLimits;
  /** In order of their beginning, as verdicts and counts are in order of time. */
  readonly spans: readonly FaultSpan[];
  readonly verdicts: readonly VerdictChange[];
  readonly counts: readonly Count[];
};

export function readOutage(dir: string): Outage {
  const intent = new Line(readObject(dir, "drill.json"), { file: "drill.json", line: 1 });
  const order = intent.inside("outage");
  return {
    cloud: order.text("cloud"),
    fault: order.oneOf("fault", ["kill", "freeze", "slow", "errors", "partition"] as const),
    repeat: order.number("repeat"),
    limits: readLimits(intent.inside("expectations")),
    spans: readSpans(dir),
    verdicts: collect(dir, "verdicts.ndjson", readVerdict).toSorted((a, b) => a.time - b.time),
    counts: readCounts(dir),
  };
}

function readLimits(line: Line): OutageLimits {
  return {
    detectedMs: line.number("detectedMs"),
    detectedP50Ms: line.number("detectedP50Ms"),
    shiftMs: line.number("shiftMs"),
    writesBackMs: line.number("writesBackMs"),
    stallMs: line.number("stallMs"),
    failedReadsPercent: line.number("failedReadsPercent"),
    restoreStepPoints: line.number("restoreStepPoints"),
  };
}

function readSpans(dir: string): FaultSpan[] {
  const lines = collect(dir, "faults.ndjson", (line) => ({
    what: line.oneOf("what", ["begin", "end"] as const),
    time: line.number("time"),
    round: line.number("round"),
    cloud: line.text("cloud"),
    fault: line.text("fault"),
    membersLost: line.number("membersLost"),
  }));
  return lines
    .filter(({ what }) => what === "begin")
    .map(({ time, round, cloud, fault, membersLost }) => {
      const end = lines.find((line) => line.what === "end" && line.round === round && line.cloud === cloud);
      return { round, cloud, fault, membersLost, beginMs: time, endMs: end?.time ?? Infinity };
    })
    .toSorted((a, b) => a.beginMs - b.beginMs);
}

function readVerdict(line: Line): VerdictChange {
  return {
    time: line.number("time"),
    member: line.text("member"),
    cloud: line.text("cloud"),
    verdict: line.oneOf("verdict", ["healthy", "degraded", "down", "unknown"] as const),
    observers: line.number("observers"),
  };
}
