/** The laws of `edge.ts` as tests, for whatever implements it. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Weights } from "../domain/snapshot.ts";
import { staleToken, type TokenSource } from "./contract-tokens.ts";
import type { Edge, SetWeights } from "./edge.ts";

export type EdgeSetup = {
  /** Over clouds aws, azure and gcp, all of them serving. */
  readonly edge: Edge;
  /** The same port where nobody answers. */
  readonly unreachable: Edge;
  readonly tokens: TokenSource;
  /** The edge knows nothing of the time before this; ms since the epoch, on its own clock. */
  readonly startedAtMs: number;
  readonly now: () => number;
  /** Sends that many good requests as a client, one after the other. */
  readonly serve: (requests: number) => Promise<void>;
};

export function edgeContract(name: string, prepare: () => Promise<EdgeSetup> | EdgeSetup): void {
  describe(`the edge laws hold for ${name}`, () => {
    const signal = AbortSignal.timeout(60_000);
    const one: Weights = { aws: 50, azure: 30, gcp: 20 };
    const other: Weights = { aws: 34, azure: 33, gcp: 33 };
    let setup: EdgeSetup;
    beforeAll(async () => {
      setup = await prepare();
    });

    /** Weights that differ from those that stand, set on the version that stands. */
    async function change(): Promise<SetWeights> {
      const { weights, version } = await setup.edge.policy(signal);
      const next = weights["aws"] === one["aws"] ? other : one;
      return {
        weights: next,
        expectedVersion: version,
        token: setup.tokens(),
        setBy: "contract",
        why: "a test",
      };
    }

    test("a success stands in the policy and raises its version by exactly one", async () => {
      const request = await change();
      const { result, answer } = await setup.edge.setWeights(request, signal);
      expect(result).toBe("done");
      expect(answer).toMatchObject({
        weights: request.weights,
        version: request.expectedVersion + 1,
        setBy: "contract",
        why: "a test",
      });
      expect(await setup.edge.policy(signal)).toEqual(answer);
    });

    test("another version than expected is refused, and nothing changes", async () => {
      const request = await change();
      const before = await setup.edge.policy(signal);
      const outdated = { ...request, expectedVersion: request.expectedVersion - 1 };
      await expect(setup.edge.setWeights(outdated, signal)).rejects.toMatchObject({ kind: "refused" });
      expect(await setup.edge.policy(signal)).toEqual(before);
    });

    test("weights that stand already are found, and leave the version alone", async () => {
      const { weights, version } = await setup.edge.policy(signal);
      const request = {
        weights,
        expectedVersion: version,
        token: setup.tokens(),
        setBy: "contract",
        why: "again",
      };
      expect(await setup.edge.setWeights(request, signal)).toMatchObject({
        result: "found",
        answer: { version },
      });
      expect((await setup.edge.policy(signal)).version).toBe(version);
    });

    test("a repeated key answers its first answer, although the policy has moved on", async () => {
      const first = await change();
      const { answer } = await setup.edge.setWeights(first, signal);
      await setup.edge.setWeights(await change(), signal);
      expect(await setup.edge.setWeights(first, signal)).toEqual({ result: "repeated", answer });
    });

    test("a token older than the highest seen is refused, and nothing changes", async () => {
      await setup.edge.setWeights(await change(), signal);
      const before = await setup.edge.policy(signal);
      const request = await change();
      const stale = { ...request, token: staleToken(request.token) };
      await expect(setup.edge.setWeights(stale, signal)).rejects.toMatchObject({ kind: "refused" });
      expect(await setup.edge.policy(signal)).toEqual(before);
    });

    test.each([
      ["sum to 99", { aws: 33, azure: 33, gcp: 33 }],
      ["are fractions", { aws: 33.5, azure: 33.5, gcp: 33 }],
      ["are negative", { aws: 110, azure: -10, gcp: 0 }],
      ["name an unknown cloud", { aws: 50, azure: 30, gcp: 10, moon: 10 }],
      ["are all zero", { aws: 0, azure: 0, gcp: 0 }],
    ])("weights that %s are terminal, and nothing changes", async (_, weights) => {
      const before = await setup.edge.policy(signal);
      const request = { ...(await change()), weights };
      await expect(setup.edge.setWeights(request, signal)).rejects.toMatchObject({ kind: "terminal" });
      expect(await setup.edge.policy(signal)).toEqual(before);
    });

    test("the window and the demand count what clients were answered", async () => {
      const before = await setup.edge.window(60_000, signal);
      await setup.serve(10);
      const after = await setup.edge.window(60_000, signal);
      expect(after.requests - before.requests).toBeGreaterThanOrEqual(10);
      expect(after.failed).toBe(before.failed);
      expect(after.p99Ms).toEqual(expect.any(Number));
      expect((await setup.edge.demand(signal)).requestsPerSecond).toBeGreaterThan(0);
    });

    test("the past is told as it was, each moment once, and none before it was asked for", async () => {
      const sinceMs = setup.now();
      await setup.serve(10);
      const ask = { sinceMs, afterMs: 0, everyMs: 500, ms: 60_000 };
      let past = await setup.edge.windows(ask, signal);
      while ((past.at(-1)?.requests ?? 0) < 10) {
        await setup.serve(1);
        past = await setup.edge.windows(ask, signal);
      }
      for (const [number, { atMs, ms, failed, p99Ms }] of past.entries()) {
        expect(Math.abs(atMs - (sinceMs + (number + 1) * 500))).toBeLessThanOrEqual(1);
        expect(Math.abs(ms - (number + 1) * 500)).toBeLessThanOrEqual(1);
        expect(failed).toBe(0);
        expect(p99Ms).toEqual(expect.any(Number));
      }
      const last = past.at(-1)?.atMs ?? 0;
      const later = await setup.edge.windows({ ...ask, afterMs: last }, signal);
      expect(later.every(({ atMs }) => atMs > last)).toBe(true);
    });

    test("a past that the edge does not know is left out, not told as quiet", async () => {
      const sinceMs = setup.startedAtMs - 30_000;
      const ask = { sinceMs, afterMs: 0, everyMs: 500, ms: 1_000 };
      let past = await setup.edge.windows(ask, signal);
      // One that has just been started knows no whole window yet.
      while (past.length === 0) {
        await setup.serve(1);
        past = await setup.edge.windows(ask, signal);
      }
      expect(past.every(({ atMs, ms }) => atMs - ms >= setup.startedAtMs)).toBe(true);
    });

    test("an edge that does not answer is retryable to read and ambiguous to change", async () => {
      const request = await change();
      await expect(setup.unreachable.policy(signal)).rejects.toMatchObject({ kind: "retryable" });
      await expect(setup.unreachable.window(1_000, signal)).rejects.toMatchObject({ kind: "retryable" });
      const ask = { sinceMs: 0, afterMs: 0, everyMs: 1_000, ms: 1_000 };
      await expect(setup.unreachable.windows(ask, signal)).rejects.toMatchObject({ kind: "retryable" });
      await expect(setup.unreachable.demand(signal)).rejects.toMatchObject({ kind: "retryable" });
      await expect(setup.unreachable.setWeights(request, signal)).rejects.toMatchObject({
        kind: "ambiguous",
      });
    });
  });
}
