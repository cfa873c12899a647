/** For programs: one JSON document a line, each with its version and kind. People's messages stay on standard error. */
import type { Io } from "../context.ts";
import { problemLines } from "./problem-lines.ts";
import type { View } from "./view.ts";

/** Rises when a field changes its meaning or goes; new fields do not raise it. */
export const JSON_VERSION = 1;

const HEARTBEAT_MS = 10_000;

export function jsonView(io: Io): View {
  const print = (kind: string, data: object) =>
    io.out(`${JSON.stringify({ v: JSON_VERSION, kind, ...data })}\n`);
  return {
    beatMs: HEARTBEAT_MS,
    show: ({ kind, data }) => print(kind, data),
    message: (line) => io.err(`${line}\n`),
    event: (event) => print("event", { event }),
    stands: () => {},
    beat: ({ run, view, elapsedMs }) =>
      print("heartbeat", { run, state: view?.state ?? null, doing: view?.doing ?? null, elapsedMs }),
    fail: (problem) => {
      print("error", { error: problem });
      for (const line of problemLines(problem)) io.err(`${line}\n`);
    },
    close: () => {},
  };
}
