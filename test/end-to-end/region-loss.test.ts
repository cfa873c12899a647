/**
 * One region dies on real processes, with nobody asking for anything: its cloud keeps what the other region carries, only the
 * rest goes elsewhere, the database stays; and once the region is back all is as it was.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloudsAnswer, runsAnswer, trafficAnswer } from "../../src/cli/api/parse-answers.ts";
import { parseLedger } from "../../src/drivers/files/parse-ledger.ts";
import { clusterTarget } from "../../src/drivers/local/faults/fault.ts";
import { bringUpWithinMs } from "../../src/drivers/local/testing/shared-world.ts";
import { readStatus } from "../../src/drivers/local/world/status.ts";
import { StruckWorld } from "./struck-world.ts";

const world = new StruckWorld();

beforeAll(async () => {
  await world.up((inventory) => {
    // The usual pods and one more in aws-east, so that it carries 25 points of 200 requests/s with a fifth to spare.
    inventory.setIn(["service", "demand", "floor"], 200);
    for (const cluster of ["aws-west", "azure-west", "azure-east", "gcp-west", "gcp-east"])
      inventory.setIn(["clusters", cluster, "replicas", "most"], 2);
    inventory.setIn(["clusters", "aws-east", "replicas", "most"], 3);
    inventory.setIn(["clusters", "aws-east", "requestsPerSecondPerPod"], 20);
  });
}, bringUpWithinMs);

afterAll(async () => await world.down());

async function untilAllIsWell(): Promise<void> {
  await world.until("all is well", async () => {
    const { clouds } = await world.ask("/v1/clouds", cloudsAnswer);
    const holds = clouds.every((seen) => seen.verdict === "healthy");
    return holds ? true : undefined;
  });
}

async function ended(runbook: string) {
  return await world.until(`${runbook} has ended`, async () => {
    const { runs } = await world.ask("/v1/runs", runsAnswer);
    return runs.find((run) => run.runbook === runbook && run.endedAtMs !== null);
  });
}

function actsOf(run: string): unknown[][] {
  const file = join(world.stateDir, "ledger", `${run}.jsonl`);
  return parseLedger(readFileSync(file), file).events.flatMap(({ type, data }) =>
    type === "act-verified" ? [[data["op"], data["target"]]] : [],
  );
}

/** Whoever asks all the time; answers how many were not answered well. */
function startAsking(url: string): { readonly stop: () => Promise<number> } {
  let going = true;
  let failed = 0;
  const asking = (async () => {
    while (going) {
      const signal = AbortSignal.timeout(20_000);
      const status = await request(`${url}/observations?limit=1`, { signal }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode;
        },
        () => 0,
      );
      if (status !== 200) failed += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    stop: async () => {
      going = false;
      await asking;
      return failed;
    },
  };
}

test("a region that dies costs its cloud only what the other one cannot carry, and comes back by itself", async () => {
  await untilAllIsWell();
  const clients = startAsking(world.status.edge.url);
  try {
    await expect(world.faults.begin(clusterTarget("aws-north"), { fault: "kill" })).rejects.toThrow(
      /no cluster/,
    );
    const row = await world.faults.begin(clusterTarget("aws-west"), { fault: "kill" });
    expect(row).toMatchObject({ cloud: "aws", cluster: "aws-west", fault: "kill", processes: 2 });
    const survived = await ended("survive-outage");
    expect(survived).toMatchObject({ state: "completed", requestedBy: "automation" });
    // Room for a taker's own points is equal, so the odd one goes to the first.
    const { policy } = await world.ask("/v1/traffic", trafficAnswer);
    expect(policy.weights).toEqual({ aws: 25, azure: 38, gcp: 37 });
    const acts = actsOf(survived.run);
    expect(acts).toContainEqual(["scale", "cluster/aws-east"]);
    expect(acts.every(([op]) => op === "scale" || op === "set-weights")).toBe(true);
    const during = await readStatus(world.stateDir);
    expect(during?.databases.find(({ role }) => role === "primary")?.cloud).toBe("aws");
    expect(during?.pods.filter(({ cluster }) => cluster === "aws-west")).toEqual([]);
    expect(during?.pods.filter(({ cluster }) => cluster === "aws-east")).toHaveLength(3);

    await world.faults.heal(clusterTarget("aws-west"));
    expect(await world.faults.list()).toEqual([]);
    expect(await ended("restore-traffic")).toMatchObject({ state: "completed" });
    expect((await world.ask("/v1/traffic", trafficAnswer)).policy.weights).toEqual({
      aws: 34,
      azure: 33,
      gcp: 33,
    });
    const after = await readStatus(world.stateDir);
    expect(after?.pods.filter(({ cluster }) => cluster === "aws-west")).toHaveLength(2);
  } finally {
    expect(await clients.stop()).toBe(0);
  }
}, 300_000);
