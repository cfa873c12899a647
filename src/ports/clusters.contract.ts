/** The laws of `clusters.ts` as tests, for whatever implements it. */
import { beforeAll, describe, expect, test } from "vitest";
import type { ClusterFacts } from "../domain/snapshot.ts";
import type { Clusters, Scale } from "./clusters.ts";
import { staleToken, type TokenSource } from "./contract-tokens.ts";

export type ClustersSetup = {
  readonly clusters: Clusters;
  /** A cluster that may be scaled between 1 and 4, and another one that is left alone. */
  readonly cluster: string;
  readonly bystander: string;
  /** The same port where the cluster's cloud does not answer and the bystander's does. */
  readonly halfReachable: Clusters;
  readonly tokens: TokenSource;
  readonly pause: (ms: number) => Promise<void>;
};

const settleWithinMs = 45_000;
const lookEveryMs = 100;

export function clustersContract(name: string, prepare: () => Promise<ClustersSetup> | ClustersSetup): void {
  describe(`the cluster laws hold for ${name}`, () => {
    const signal = AbortSignal.timeout(180_000);
    let setup: ClustersSetup;
    beforeAll(async () => {
      setup = await prepare();
    });

    async function facts(which = setup.cluster): Promise<ClusterFacts> {
      const found = (await setup.clusters.list(signal))[which];
      if (found === undefined) throw new Error(`the list lacks ${which}`);
      return found;
    }

    async function settled(): Promise<ClusterFacts> {
      for (let waitedMs = 0; waitedMs < settleWithinMs; waitedMs += lookEveryMs) {
        const now = await facts();
        if (now.observedGeneration === now.generation) return now;
        await setup.pause(lookEveryMs);
      }
      throw new Error(`${setup.cluster} did not settle within ${settleWithinMs} ms`);
    }

    async function wish(replicas: number): Promise<Scale> {
      const { generation } = await settled();
      return { cluster: setup.cluster, replicas, expectedGeneration: generation, token: setup.tokens() };
    }

    test("scaling up answers at once, raises the generation by one, and gets there by itself with all pods ready", async () => {
      const { replicas } = await settled();
      const wanted = (replicas ?? 0) + 1;
      const request = await wish(wanted);
      const { result, answer } = await setup.clusters.scale(request, signal);
      expect(result).toBe("done");
      expect(answer).toMatchObject({ replicas: wanted, generation: request.expectedGeneration + 1 });
      expect(answer.observedGeneration).toBeLessThan(answer.generation);
      expect(await settled()).toMatchObject({
        replicas: wanted,
        ready: wanted,
        generation: answer.generation,
      });
    });

    test("scaling down ends exactly the surplus, and the other clusters keep theirs", async () => {
      const bystander = await facts(setup.bystander);
      const { replicas } = await settled();
      const wanted = (replicas ?? 0) - 1;
      await setup.clusters.scale(await wish(wanted), signal);
      expect(await settled()).toMatchObject({ replicas: wanted, ready: wanted });
      expect(await facts(setup.bystander)).toEqual(bystander);
    });

    test("what stands already is found, and the generation stays", async () => {
      const { replicas, generation } = await settled();
      const answer = await setup.clusters.scale(await wish(replicas ?? 0), signal);
      expect(answer).toMatchObject({ result: "found", answer: { generation } });
    });

    test("another generation than expected is refused, and nothing changes", async () => {
      const before = await settled();
      const request = await wish((before.replicas ?? 0) + 1);
      const outdated = { ...request, expectedGeneration: request.expectedGeneration - 1 };
      await expect(setup.clusters.scale(outdated, signal)).rejects.toMatchObject({ kind: "refused" });
      expect(await facts()).toEqual(before);
    });

    test("a repeated key answers its first answer and scales nothing", async () => {
      const { replicas } = await settled();
      const request = await wish(replicas ?? 0);
      const first = await setup.clusters.scale(request, signal);
      const before = await settled();
      expect(await setup.clusters.scale(request, signal)).toEqual({
        result: "repeated",
        answer: first.answer,
      });
      expect(await facts()).toEqual(before);
    });

    test("a token older than the highest seen is refused, and nothing changes", async () => {
      const before = await settled();
      const request = await wish((before.replicas ?? 0) + 1);
      await setup.clusters.scale({ ...request, replicas: before.replicas ?? 0 }, signal);
      const stale = { ...request, token: staleToken(request.token) };
      await expect(setup.clusters.scale(stale, signal)).rejects.toMatchObject({ kind: "refused" });
      expect(await facts()).toEqual(before);
    });

    test("a cluster that cannot be reached is listed as such beside the others, and scaling it is ambiguous", async () => {
      const listed = await setup.halfReachable.list(signal);
      expect(listed[setup.cluster]).toMatchObject({ replicas: null, ready: 0 });
      expect(listed[setup.bystander]?.replicas).toEqual(expect.any(Number));
      await expect(setup.halfReachable.scale(await wish(1), signal)).rejects.toMatchObject({
        kind: "ambiguous",
      });
    });
  });
}
