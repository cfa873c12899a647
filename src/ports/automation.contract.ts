/** The laws of `automation.ts` as tests, for whatever implements it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { News } from "../domain/automation.ts";
import type { Automation, Told } from "./automation.ts";

export type AutomationSetup = {
  readonly automation: Automation;
  /** The runs that were really begun, as the orders that they were begun with. */
  readonly begun: () => Promise<readonly unknown[]>;
  readonly close: () => Promise<void>;
};

const ACTS = { "shift-traffic": "act", promote: "act", restore: "act" } as const;

function told(cloud: string, verdict: News["verdict"], more: Partial<Told> = {}): Told {
  return {
    news: {
      by: "one",
      cloud,
      verdict,
      reason: "",
      observers: 3,
      othersHealthy: 2,
      primaryThere: true,
      forMs: 0,
      refused: [],
    },
    policy: { profile: "drill", modes: ACTS, runsPerHour: 100 },
    ground: { codeVersion: "test", inventoryDigest: "test", profile: "drill" },
    ...more,
  };
}

export function automationContract(
  name: string,
  prepare: () => Promise<AutomationSetup> | AutomationSetup,
): void {
  describe(`the laws of automation hold for ${name}`, () => {
    const soon = () => AbortSignal.timeout(30_000);
    let setup: AutomationSetup;
    beforeAll(async () => {
      setup = await prepare();
    }, 60_000);
    afterAll(async () => {
      await setup.close();
    });

    test("news that is told by many at once begins one run, with the order that it has to go by", async () => {
      const { automation, begun } = setup;
      const answers = await Promise.all([1, 2, 3, 4].map(() => automation.told(told("aws", "down"), soon())));
      expect(answers.flatMap(({ runs }) => runs.map(({ run }) => run))).toEqual([
        "survive-outage-aws-auto-1",
      ]);
      for (const { open } of answers) expect(open).toEqual(["survive-outage-aws-auto-1"]);
      await expect.poll(begun, { timeout: 20_000 }).toEqual([
        {
          runbook: "survive-outage",
          input: { cloud: "aws", database: "move" },
          requestedBy: "automation",
          requestedByHuman: "",
          planHash: null,
          waitForLocks: true,
          preempt: true,
          overrides: [],
          automatic: {
            mode: "act",
            policy: "automation of profile drill: shift-traffic act, promote act",
          },
          codeVersion: "test",
          inventoryDigest: "test",
          profile: "drill",
        },
      ]);
    });

    test("a stop holds for all until the start, and what was told meanwhile is answered when told again", async () => {
      const { automation } = setup;
      const stopped = await automation.stop({ by: "olivia", why: "a test" }, soon());
      expect(stopped.stopped).toMatchObject({ by: "olivia", why: "a test" });
      const during = await automation.told(told("azure", "down"), soon());
      expect([during.runs, during.says]).toEqual([[], [expect.stringContaining("automation is stopped")]]);
      expect((await automation.start(soon())).stopped).toBeNull();
      expect((await automation.told(told("azure", "down"), soon())).runs).toHaveLength(1);
    });

    test("a mode that was set by hand holds, and is shown with who set it", async () => {
      const { automation } = setup;
      await automation.setMode({ action: "shift-traffic", mode: "observe", by: "adam" }, soon());
      const { runs, says } = await automation.told(told("gcp", "down"), soon());
      expect([runs, says]).toEqual([[], [expect.stringContaining("would have run")]]);
      const { setByHand, begun } = await automation.show(soon());
      expect(setByHand).toMatchObject({ "shift-traffic": { mode: "observe", by: "adam" } });
      expect(begun).toEqual(["survive-outage-aws-auto-1", "survive-outage-azure-auto-1"]);
    });
  });
}
