/** The raw records that only a drill with interruptions has. All times are milliseconds since the epoch. */
import { collect, Line, readObject } from "./judge-lines.ts";

/** One interruption of the orchestrator's processes. */
export type Kill = {
  readonly time: number;
  readonly kind: "kill" | "stop";
  readonly victims: readonly string[];
  readonly place: string;
  readonly run: string;
  /** Which of three members they are of; null: of the only one. */
  readonly member: string | null;
  /** When the victims ran again: each killed one had a new pid that answered, or SIGCONT was sent. */
  readonly againAtMs: number;
};

/** A ledger event, and when it could first be read in the store. */
export type SeenEvent = {
  readonly time: number;
  readonly run: string;
  readonly index: number;
  readonly type: string;
};

/** What the world itself counted: a version or generation. */
export type Count = { readonly time: number; readonly name: string; readonly value: number };

export type InterruptionLimits = {
  readonly kills: number;
  /** Each of these must have been interrupted. */
  readonly places: readonly string[];
  readonly blockedWritesInPivotMs: number;
  readonly resumeMs: number;
  /** Of three members, where the one that was struck stood still. */
  readonly frozenResumeMs: number;
};

export type Interruptions = {
  readonly limits: InterruptionLimits;
  /** In order of `time`, as the others. */
  readonly kills: readonly Kill[];
  readonly seen: readonly SeenEvent[];
  readonly counts: readonly Count[];
};

export function readInterruptions(dir: string): Interruptions {
  const inTime = <T extends { readonly time: number }>(file: string, read: (line: Line) => T) =>
    collect(dir, file, read).toSorted((a, b) => a.time - b.time);
  const intent = new Line(readObject(dir, "drill.json"), { file: "drill.json", line: 1 });
  return {
    limits: readLimits(intent.inside("expectations")),
    kills: inTime("kills.ndjson", readKill),
    seen: inTime("seen.ndjson", readSeen),
    counts: readCounts(dir),
  };
}

/** In order of `time`. */
export function readCounts(dir: string): Count[] {
  return collect(dir, "counts.ndjson", readCount).toSorted((a, b) => a.time - b.time);
}

function readLimits(line: Line): InterruptionLimits {
  return {
    kills: line.number("kills"),
    places: line.texts("places"),
    blockedWritesInPivotMs: line.number("blockedWritesInPivotMs"),
    resumeMs: line.number("resumeMs"),
    frozenResumeMs: line.number("frozenResumeMs"),
  };
}

function readKill(line: Line): Kill {
  const time = line.number("time");
  const kind = line.oneOf("kind", ["kill", "stop"] as const);
  line.number("step");
  return {
    time,
    kind,
    victims: line.texts("victims"),
    place: line.text("place"),
    run: line.text("run"),
    // Records from before there were three members do not say.
    member: line.fields["member"] === undefined ? null : line.textOrNull("member"),
    againAtMs: time + line.number(kind === "kill" ? "restartedMs" : "contMs"),
  };
}

function readSeen(line: Line): SeenEvent {
  return {
    time: line.number("time"),
    run: line.text("run"),
    index: line.number("index"),
    type: line.text("type"),
  };
}

function readCount(line: Line): Count {
  return { time: line.number("time"), name: line.text("name"), value: line.number("value") };
}
