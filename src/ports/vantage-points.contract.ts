/** The laws of `vantage-points.ts` as tests, for whatever implements it. */
import { beforeAll, describe, expect, test } from "vitest";
import { SIGHTS } from "../domain/verdicts/sighting.ts";
import type { VantagePoint } from "./vantage-points.ts";

export type VantagePointsSetup = {
  readonly points: readonly VantagePoint[];
  readonly clouds: readonly string[];
  readonly clusters: readonly string[];
  /** One that looks at a cluster besides of which nobody knows anything. */
  readonly withUnknown: { readonly point: VantagePoint; readonly cluster: string };
  /** One that nobody answers for. */
  readonly silent: VantagePoint;
  /** Waits until what has just begun has been looked at. */
  readonly settled: () => Promise<void>;
};

export function vantagePointsContract(
  name: string,
  prepare: () => Promise<VantagePointsSetup> | VantagePointsSetup,
): void {
  describe(`the laws of vantage points hold for ${name}`, () => {
    const signal = AbortSignal.timeout(120_000);
    let setup: VantagePointsSetup;
    beforeAll(async () => {
      setup = await prepare();
      await setup.settled();
    });

    test("there is one in each cloud and one outside, each with a name of its own", () => {
      const places = setup.points.map(({ cloud }) => cloud ?? "outside").toSorted();
      expect(places).toEqual([...setup.clouds, "outside"].toSorted());
      expect(new Set(setup.points.map((point) => point.name)).size).toBe(setup.points.length);
    });

    test("in a healthy world each sees every cluster answer, and is not isolated", async () => {
      for (const point of setup.points) {
        const { isolated, clusters } = await point.look(signal);
        expect(isolated).toBe(false);
        expect(Object.keys(clusters).toSorted()).toEqual([...setup.clusters].toSorted());
        for (const { state, reason } of Object.values(clusters)) {
          expect(SIGHTS).toContain(state);
          expect([state, reason]).toEqual(["answers", expect.stringMatching(/./)]);
        }
      }
    });

    test("a cluster of which it knows nothing is unseen, and not failing", async () => {
      const { point, cluster } = setup.withUnknown;
      expect((await point.look(signal)).clusters[cluster]).toMatchObject({ state: "unseen" });
    });

    test("one that does not answer throws retryable, and says nothing of anybody", async () => {
      await expect(setup.silent.look(AbortSignal.timeout(5_000))).rejects.toMatchObject({
        kind: "retryable",
      });
    });
  });
}
