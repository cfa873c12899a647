/** The laws of `health.ts` as tests, for whatever implements it. */
import { beforeAll, describe, expect, test } from "vitest";
import { VERDICTS } from "../domain/snapshot.ts";
import type { Health } from "./health.ts";

export type HealthSetup = {
  readonly health: Health;
  readonly clouds: readonly string[];
  readonly clusters: readonly string[];
  /** How many vantage points agree at least. */
  readonly observers: number;
  /** The same port, asked about a cloud besides that nobody looks at. */
  readonly withUnwatched: { readonly health: Health; readonly cloud: string };
};

export function healthContract(name: string, prepare: () => Promise<HealthSetup> | HealthSetup): void {
  describe(`the health laws hold for ${name}`, () => {
    const signal = AbortSignal.timeout(60_000);
    let setup: HealthSetup;
    beforeAll(async () => {
      setup = await prepare();
    });

    test("every cloud has a verdict with a reason, and says on how many vantage points it rests", async () => {
      const verdicts = await setup.health.verdicts(signal);
      expect(Object.keys(verdicts).toSorted()).toEqual([...setup.clouds].toSorted());
      for (const facts of Object.values(verdicts)) {
        expect(VERDICTS).toContain(facts.verdict);
        expect(facts.observers).toBeGreaterThanOrEqual(setup.observers);
        expect(facts.sinceMs).toEqual(expect.any(Number));
        expect(facts.reason).not.toBe("");
        for (const verdict of Object.values(facts.clusters)) expect(VERDICTS).toContain(verdict);
      }
      const named = Object.values(verdicts).flatMap(({ clusters }) => Object.keys(clusters));
      expect(named.toSorted()).toEqual([...setup.clusters].toSorted());
    });

    test("a cloud that nobody looks at is unknown, not down", async () => {
      const { health, cloud } = setup.withUnwatched;
      expect((await health.verdicts(signal))[cloud]).toMatchObject({ verdict: "unknown", observers: 0 });
    });
  });
}
