/** The same two runs with three interruptions that they survived: in a hold, in a pivot, and after a read. */
import { at, goodDrill, type DrillFixture } from "./judge.fixture.ts";

type Line = Record<string, unknown>;

/** How long after its time an event can be read. */
const SEEN_AFTER_MS = 15;

export type InterruptedFixture = DrillFixture & { limits: Line; kills: Line[]; seen: Line[]; counts: Line[] };

export function goodInterrupted(): InterruptedFixture {
  const drill = goodDrill();
  drill.intent["drill"] = "interrupted";
  const limits: Line = {
    blockedWritesMs: 1000,
    p99Ms: 250,
    kills: 3,
    places: ["hold-started", "inside block-writes of manual-failover", "read"],
    blockedWritesInPivotMs: 10_000,
    resumeMs: 5_000,
    frozenResumeMs: 10_000,
  };
  drill.intent["expectations"] = limits;
  const kills = [
    kill(2650, { run: "run-1", place: "hold-started", victims: ["worker", "engine"], restartedMs: 1000 }),
    kill(9005, {
      run: "run-1",
      place: "inside block-writes of manual-failover",
      victims: ["engine"],
      contMs: 300,
    }),
    kill(16_051, { run: "run-2", place: "read", victims: ["worker"], restartedMs: 5 }),
  ];
  const indexes = new Map<string, number>();
  const seen = drill.events.map(({ run, type, time }) => {
    const index = indexes.get(run) ?? 0;
    indexes.set(run, index + 1);
    return { time: time + SEEN_AFTER_MS, run, index, type };
  });
  const counts = [0, 29_000].flatMap((ms) =>
    ["traffic", "cluster/aws-west", "cluster/azure-west"].map((name) => ({
      time: at(ms),
      name,
      value: ms === 0 ? 1 : name === "traffic" ? 5 : 3,
    })),
  );
  drill.more = { "kills.ndjson": kills, "seen.ndjson": seen, "counts.ndjson": counts };
  return { ...drill, limits, kills, seen, counts };
}

function kill(ms: number, what: Line): Line {
  return { time: at(ms), kind: "contMs" in what ? "stop" : "kill", step: 1, ...what };
}
