import { expect, test } from "vitest";
import { problemOfWeights, sameWeights } from "./weights.ts";

const clouds = ["aws", "azure"];

test.each([
  [{ aws: 34, azure: 66 }, null],
  [{ aws: 100, azure: 0 }, null],
  [{ aws: 0, azure: 0 }, "the weights sum to 0, not 100"],
  [
    { aws: 99.5, azure: 0.5 },
    "aws: 99.5 is no integer from 0 to 100; azure: 0.5 is no integer from 0 to 100",
  ],
  [{ aws: 101, azure: -1 }, "aws: 101 is no integer from 0 to 100; azure: -1 is no integer from 0 to 100"],
  [{ aws: 100 }, "azure is missing (0 means no traffic)"],
  [{ aws: 50, azure: 50, gcp: 0 }, '"gcp" is no known cloud (aws, azure)'],
  [{ aws: Number.NaN, azure: 100 }, "aws: NaN is no integer from 0 to 100"],
])("weights %j: %s", (weights, problem) => {
  expect(problemOfWeights(weights, clouds)).toBe(problem);
});

test("a name that every object has is no known cloud", () => {
  expect(problemOfWeights(JSON.parse('{"aws":50,"azure":50,"__proto__":0}'), clouds)).toContain("__proto__");
});

test("weights are the same whatever their order", () => {
  expect(sameWeights({ aws: 34, azure: 66 }, { azure: 66, aws: 34 })).toBe(true);
  expect(sameWeights({ aws: 34, azure: 66 }, { aws: 66, azure: 34 })).toBe(false);
});
