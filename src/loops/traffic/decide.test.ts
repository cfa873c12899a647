import { expect, test } from "vitest";
import type { CloudFacts, Verdict } from "../../domain/snapshot.ts";
import { isTrouble, newsOf } from "./decide.ts";

const facts = (verdict: Verdict): CloudFacts => ({
  verdict,
  reason: "",
  observers: 3,
  sinceMs: 0,
  clusters: {},
});

const telling = (primaryIn: readonly string[] | null) => ({
  by: "one",
  nowMs: 7_000,
  primaryIn,
  refused: ["a-run"],
});

test("every verdict but unknown is told, with how many others are healthy and whether the primary is there", () => {
  const seen = { aws: facts("down"), azure: facts("healthy"), gcp: facts("unknown") };
  expect(newsOf(seen, telling(["aws"]))).toMatchObject([
    {
      by: "one",
      cloud: "aws",
      verdict: "down",
      othersHealthy: 1,
      primaryThere: true,
      forMs: 7_000,
      refused: ["a-run"],
    },
    { by: "one", cloud: "azure", verdict: "healthy", othersHealthy: 0, primaryThere: false },
  ]);
});

test("a primary that nobody could see may be anywhere", () => {
  for (const primaryIn of [null, []])
    expect(newsOf({ aws: facts("down") }, telling(primaryIn))[0]?.primaryThere).toBeNull();
});

test("only what is not well is trouble; what is not known is none", () => {
  expect(isTrouble({ aws: facts("healthy"), gcp: facts("unknown") })).toBe(false);
  expect(isTrouble({ aws: facts("degraded") })).toBe(true);
});

test("a region that comes back and is not seen for a moment makes nothing worse", () => {
  const clusters = { "aws-west": "unknown", "aws-east": "healthy" } as const;
  const [news] = newsOf({ aws: { ...facts("degraded"), clusters } }, telling(null));
  expect(news?.verdict).toBe("region-down");
});

test("a cloud that has lost a region while another one is well is told apart from one that is ill as a whole", () => {
  const told = (east: Verdict) => {
    const clusters = { "aws-west": "down", "aws-east": east } as const;
    return newsOf({ aws: { ...facts("degraded"), clusters } }, telling(null))[0]?.verdict;
  };
  expect([told("healthy"), told("degraded"), told("unknown")]).toEqual([
    "region-down",
    "degraded",
    "degraded",
  ]);
});
