/**
 * The raw records of a drill, as they lie in its folder: what each line must hold, and nothing of what it means.
 * All times are milliseconds since the epoch, fractions allowed.
 */
import { readdirSync } from "node:fs";
import { readInterruptions, type Interruptions } from "./judge-kill-records.ts";
import { collect, Line, readObject, type JsonObject } from "./judge-lines.ts";
import { readOutage, type Outage } from "./judge-outage-records.ts";

/** One request of the load generator. `status` null: no answer came. */
export type ClientRequest = {
  readonly scheduled: number;
  readonly sent: number;
  readonly ended: number;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly status: number | null;
  readonly cloud: string | null;
  readonly error: string | null;
};

/** One commit tried straight at a database; `time` is when it was acknowledged or failed. */
export type WriterTry = {
  readonly time: number;
  readonly cloud: string;
  readonly ok: boolean;
  readonly timeline: number | null;
  readonly error: string | null;
};

export type EffectLine = {
  readonly time: number;
  readonly effector: string;
  readonly op: string;
  readonly key: string;
  readonly result: "done" | "repeated" | "refused" | "found";
  readonly answer: unknown;
};

export type LedgerEvent = {
  readonly run: string;
  readonly index: number;
  readonly time: number;
  readonly type: string;
  readonly by: string;
  readonly data: JsonObject;
  readonly previous: string;
  readonly hash: string;
  /** The whole line, for its hash. */
  readonly whole: JsonObject;
};

export type HoldTimes = { readonly dwellMs: number; readonly soakMs: number; readonly windowMs: number };

/** `drill.json`: what was meant to happen, written before it did (all but `endedAtMs`). */
export type Intent = {
  readonly drill: string;
  readonly profile: string;
  readonly ratePerSecond: number;
  readonly from: string;
  readonly to: string;
  readonly database: "move" | "stay";
  readonly startedAtMs: number;
  readonly loadStartedAtMs: number;
  readonly endedAtMs: number;
  readonly expectations: { readonly blockedWritesMs: number; readonly p99Ms: number };
  /** By how much the limits of time were loosened; 1: not at all. */
  readonly slack: number;
  readonly holds: HoldTimes;
  /** The production profile's, to say what was shortened. */
  readonly productionHolds: HoldTimes | null;
  /** The inventory's weights, from which the drill starts. */
  readonly statedWeights: ReadonlyMap<string, number>;
  readonly sabotage: string | null;
};

export type DrillRecords = {
  readonly dir: string;
  readonly intent: Intent;
  /** In order of `scheduled`. */
  readonly requests: readonly ClientRequest[];
  /** In order of `time`. */
  readonly tries: readonly WriterTry[];
  /** In order of `time`. */
  readonly effects: readonly EffectLine[];
  /** In the file's order: the chain's order within a run. */
  readonly events: readonly LedgerEvent[];
  /** Each cloud's keys, as its database held them at the end. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
  /** Null unless the drill interrupts the orchestrator. */
  readonly interruptions: Interruptions | null;
  /** Null unless the drill takes a cloud away. */
  readonly outage: Outage | null;
};

/** The drill that interrupts the orchestrator, by its name in `drill.json`. */
const INTERRUPTED = "interrupted";
/** The one that takes a cloud away. */
const OUTAGE = "outage";

/** Reads a drill's folder. Throws `BadRecords`, named by file and line. */
export function readRecords(dir: string): DrillRecords {
  const intent = readIntent(readObject(dir, "drill.json"));
  const requests = collect(dir, "client.ndjson", readRequest).toSorted((a, b) => a.scheduled - b.scheduled);
  const tries = collect(dir, "writers.ndjson", readTry).toSorted((a, b) => a.time - b.time);
  const effects = collect(dir, "effects.ndjson", readEffect).toSorted((a, b) => a.time - b.time);
  const events = collect(dir, "ledger.jsonl", readEvent);
  return {
    dir,
    intent,
    requests,
    tries,
    effects,
    events,
    // A cloud that did not come back has no copy: then that is what is judged.
    rows: readRows(dir, intent.drill === OUTAGE ? [] : [...intent.statedWeights.keys()]),
    interruptions: intent.drill === INTERRUPTED ? readInterruptions(dir) : null,
    outage: intent.drill === OUTAGE ? readOutage(dir) : null,
  };
}

function readRows(dir: string, clouds: readonly string[]): Map<string, readonly string[]> {
  const present = readdirSync(dir).flatMap((name) => /^rows-(.+)\.ndjson$/.exec(name)?.[1] ?? []);
  const rows = new Map<string, readonly string[]>();
  for (const cloud of new Set([...clouds, ...present])) {
    rows.set(
      cloud,
      collect(dir, `rows-${cloud}.ndjson`, (line) => line.text("key")),
    );
  }
  return rows;
}

function readRequest(line: Line): ClientRequest {
  const request = {
    scheduled: line.number("scheduled"),
    sent: line.number("sent"),
    ended: line.number("ended"),
    method: line.text("method"),
    path: line.text("path"),
    key: line.textOrNull("key"),
    status: line.numberOrNull("status"),
    cloud: line.textOrNull("cloud"),
    error: line.textOrNull("error"),
  };
  if (request.sent < request.scheduled || request.ended < request.sent) {
    throw line.bad("scheduled <= sent <= ended does not hold");
  }
  if (request.method === "POST" && request.key === null) throw line.bad("a POST without its key");
  return request;
}

function readTry(line: Line): WriterTry {
  const attempt = {
    time: line.number("time"),
    cloud: line.text("cloud"),
    ok: line.flag("ok"),
    timeline: line.numberOrNull("timeline"),
    error: line.textOrNull("error"),
  };
  if (attempt.ok && attempt.timeline === null) throw line.bad("an acknowledged commit without its timeline");
  return attempt;
}

function readEffect(line: Line): EffectLine {
  line.number("epoch");
  line.number("sequence");
  return {
    time: line.number("time"),
    effector: line.text("effector"),
    op: line.text("op"),
    key: line.text("key"),
    result: line.oneOf("result", ["done", "repeated", "refused", "found"] as const),
    answer: line.fields["answer"],
  };
}

function readEvent(line: Line): LedgerEvent {
  return {
    run: line.text("run"),
    index: line.number("index"),
    time: line.number("time"),
    type: line.text("type"),
    by: line.text("by"),
    data: line.object("data"),
    previous: line.text("previous"),
    hash: line.text("hash"),
    whole: line.fields,
  };
}

function readIntent(fields: JsonObject): Intent {
  const line = new Line(fields, { file: "drill.json", line: 1 });
  const expectations = line.inside("expectations");
  const weights = line.inside("statedWeights");
  return {
    drill: line.text("drill"),
    profile: line.text("profile"),
    ratePerSecond: line.number("ratePerSecond"),
    from: line.text("from"),
    to: line.text("to"),
    database: line.oneOf("database", ["move", "stay"] as const),
    startedAtMs: line.number("startedAtMs"),
    loadStartedAtMs: line.number("loadStartedAtMs"),
    endedAtMs: line.number("endedAtMs"),
    expectations: {
      blockedWritesMs: expectations.number("blockedWritesMs"),
      p99Ms: expectations.number("p99Ms"),
    },
    slack: line.number("slack"),
    holds: readHolds(line.inside("holds")),
    productionHolds:
      fields["productionHolds"] === undefined ? null : readHolds(line.inside("productionHolds")),
    statedWeights: new Map(Object.keys(weights.fields).map((cloud) => [cloud, weights.number(cloud)])),
    sabotage: fields["sabotage"] === undefined ? null : line.textOrNull("sabotage"),
  };
}

function readHolds(line: Line): HoldTimes {
  return {
    dwellMs: line.number("dwellMs"),
    soakMs: line.number("soakMs"),
    windowMs: line.number("windowMs"),
  };
}
