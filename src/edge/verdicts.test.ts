import { expect, test } from "vitest";
import { judgePods, type PodsEvidence } from "./verdicts.ts";

const fine: PodsEvidence = {
  knownPods: 4,
  probedPods: 4,
  answeringPods: 4,
  readyPods: 4,
  agentAnswers: true,
  windowMs: 10_000,
  attempts: 100,
  failedAttempts: 0,
  requests: 100,
  slow: 0,
  latencyMs: 250,
};

test.each<[Partial<PodsEvidence>, string, string]>([
  [{}, "healthy", "4 of 4 pods are ready"],
  [{ attempts: 0, requests: 0 }, "healthy", "4 of 4 pods are ready"],
  [{ readyPods: 2 }, "healthy", "2 of 4 pods are ready"],
  [{ readyPods: 1 }, "degraded", "only 1 of 4 pods are ready"],
  [{ readyPods: 0 }, "degraded", "only 0 of 4 pods are ready"],
  [{ readyPods: 0, answeringPods: 0 }, "down", "none of its 4 pods answers probes"],
  [{ failedAttempts: 5 }, "healthy", "4 of 4 pods are ready"],
  [{ failedAttempts: 6 }, "degraded", "6 of 100 requests sent to it in the last 10 s failed"],
  [{ attempts: 19, failedAttempts: 19 }, "healthy", "4 of 4 pods are ready"],
  [{ slow: 10 }, "healthy", "4 of 4 pods are ready"],
  [{ slow: 11 }, "degraded", "11 of its 100 replies in the last 10 s took over 250 ms"],
  [
    { agentAnswers: false },
    "healthy",
    "4 of 4 pods are ready; its agent does not answer, so these are the pods last known",
  ],
  [{ knownPods: 0, readyPods: 0 }, "unknown", "its agent knows no pods"],
  [
    { knownPods: 0, readyPods: 0, agentAnswers: false },
    "unknown",
    "no pods are known yet: its agent has not answered",
  ],
  [{ probedPods: 0, answeringPods: 0, readyPods: 0 }, "unknown", "none of its 4 pods is probed yet"],
])("a cloud with %j is %s", (changes, verdict, reason) => {
  expect(judgePods({ ...fine, ...changes })).toEqual({ verdict, reason });
});
