import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { exemplarySnapshot } from "../exemplary-snapshot.ts";
import { scaleCluster } from "./scale-cluster.ts";

const NAME = "azure-west";

/** What a scaling of that cluster from three pods is expected to leave ready, with so many ready before. */
function readyAfter(replicas: number, ready: number): number | undefined {
  const facts = exemplarySnapshot(exampleInventory(), { primary: null, weights: null });
  const cluster = facts.clusters[NAME];
  if (cluster === undefined) throw new Error("no such cluster");
  const clusters = { ...facts.clusters, [NAME]: { ...cluster, replicas: 3, ready } };
  const act = scaleCluster({ cluster: NAME, replicas, readyDeadlineMs: 1_000 });
  return act.expect({ ...facts, clusters }).clusters[NAME]?.ready;
}

test("pods that are added count as ready, which is waited for", () => {
  expect(readyAfter(5, 3)).toBe(5);
  expect(readyAfter(5, 0)).toBe(5);
});

test("a cluster that is lowered counts for no more than what serves now", () => {
  expect(readyAfter(2, 3)).toBe(2);
  expect(readyAfter(2, 1)).toBe(1);
  expect(readyAfter(2, 0)).toBe(0);
});
