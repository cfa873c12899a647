import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClusterCapacity, covers, needed, readyCapacity, survivesAnyLoss } from "./capacity.ts";
import { leastReplicasKeeping, replicasFor } from "./replicas.ts";

function cluster(name: string, change: Partial<ClusterCapacity> = {}): ClusterCapacity {
  const cloud = name.split("-")[0] ?? name;
  return { cluster: name, cloud, ready: 2, requestsPerSecondPerPod: 30, least: 1, most: 10, ...change };
}

const six = ["aws-west", "aws-east", "azure-west", "azure-east", "gcp-west", "gcp-east"];
const anyCluster = (name: string) =>
  fc
    .record({
      ready: fc.nat(10),
      requestsPerSecondPerPod: fc.integer({ min: 1, max: 50 }),
      bounds: fc.tuple(fc.nat(5), fc.integer({ min: 5, max: 12 })),
    })
    .map(({ ready, requestsPerSecondPerPod, bounds: [least, most] }) =>
      cluster(name, { ready, requestsPerSecondPerPod, least, most }),
    );
const anySix = fc.tuple(...six.map(anyCluster));

/** Requests/s of these counts of replicas. */
function capacityOf(
  replicas: Readonly<Record<string, number>>,
  clusters: readonly ClusterCapacity[],
): number {
  return clusters.reduce((sum, one) => sum + (replicas[one.cluster] ?? 0) * one.requestsPerSecondPerPod, 0);
}

describe("the replicas that serve a load", () => {
  test("are raised in both regions", () => {
    const clusters = six.map((name) => cluster(name));
    expect(replicasFor("azure", 160.8, clusters)).toEqual({
      ok: true,
      replicas: { "azure-west": 3, "azure-east": 3 },
    });
  });

  test("take no pod more than a load that fits exactly", () => {
    const clusters = [cluster("aws-west"), cluster("aws-east")];
    expect(replicasFor("aws", 180, clusters)).toEqual({
      ok: true,
      replicas: { "aws-west": 3, "aws-east": 3 },
    });
    expect(replicasFor("aws", 180.01, clusters)).toEqual({
      ok: true,
      replicas: { "aws-west": 4, "aws-east": 4 },
    });
  });

  test("take no pod more because of the rounding of fractions", () => {
    const clusters = [cluster("aws-west", { requestsPerSecondPerPod: 0.1 })];
    expect(0.1 + 0.2).toBeGreaterThan(0.3);
    expect(replicasFor("aws", 0.1 + 0.2, clusters)).toEqual({ ok: true, replicas: { "aws-west": 3 } });
  });

  test("leave to the other region what one cannot hold", () => {
    const clusters = [cluster("aws-west", { most: 2 }), cluster("aws-east")];
    expect(replicasFor("aws", 240, clusters)).toEqual({
      ok: true,
      replicas: { "aws-west": 2, "aws-east": 6 },
    });
  });

  test("that do not suffice at their most are answered with what is missing", () => {
    const clusters = [cluster("aws-west", { most: 2 }), cluster("aws-east", { most: 3 })];
    expect(replicasFor("aws", 200, clusters)).toEqual({
      ok: false,
      replicas: { "aws-west": 2, "aws-east": 3 },
      missing: 50,
    });
    expect(replicasFor("nimbus", 10, clusters)).toEqual({ ok: false, replicas: {}, missing: 10 });
  });

  test("are the fewest for an even share, within bounds, and a shortfall is true", () => {
    fc.assert(
      fc.property(anySix, fc.double({ min: 0, max: 1_500, noNaN: true }), (clusters, load) => {
        const own = clusters.filter(({ cloud }) => cloud === "azure");
        const result = replicasFor("azure", load, clusters);
        expect(Object.keys(result.replicas)).toEqual(["azure-west", "azure-east"]);
        for (const { cluster: name, least, most } of own) {
          expect(result.replicas[name]).toBeGreaterThanOrEqual(least);
          expect(result.replicas[name]).toBeLessThanOrEqual(most);
        }
        const served = capacityOf(result.replicas, own);
        if (!result.ok) {
          expect(own.every(({ cluster: name, most }) => result.replicas[name] === most)).toBe(true);
          expect(served + result.missing).toBeCloseTo(load, 6);
          return;
        }
        expect(covers(served, load)).toBe(true);
        for (const one of own) {
          const count = result.replicas[one.cluster] ?? 0;
          const others = own.filter((other) => other !== one);
          const othersAtMost = others.every((other) => result.replicas[other.cluster] === other.most);
          // One fewer would leave this cluster below its even share, unless it carries what others cannot.
          const withOneFewer = (count - 1) * one.requestsPerSecondPerPod;
          if (count > one.least && !othersAtMost) expect(withOneFewer).toBeLessThan(load / own.length + 1e-6);
        }
      }),
    );
  });

  test("never get fewer for more load", () => {
    fc.assert(
      fc.property(anySix, fc.nat(1_000), fc.nat(200), (clusters, load, more) => {
        const less = replicasFor("aws", load, clusters).replicas;
        const greater = replicasFor("aws", load + more, clusters).replicas;
        for (const name of Object.keys(less))
          expect(greater[name]).toBeGreaterThanOrEqual(less[name] ?? Number.NaN);
      }),
    );
  });
});

describe("how far a cloud may be scaled down", () => {
  const healthy = ["aws", "azure", "gcp"];
  const moved = { demand: 200, weights: { aws: 0, azure: 67, gcp: 33 }, headroomPercent: 20, healthy };

  test("is to its least when the others could lose one of them without it", () => {
    const clusters = six.map((name) => cluster(name, { ready: 4 }));
    expect(leastReplicasKeeping("aws", moved, clusters)).toEqual({
      replicas: { "aws-west": 1, "aws-east": 1 },
      required: 0,
      requiredBy: "nothing",
      holds: true,
    });
  });

  test("is to what the loss of the cloud with the traffic would need, though its own weight is 0", () => {
    const clusters = six.map((name) => cluster(name, { ready: name.startsWith("azure") ? 4 : 2 }));
    expect(leastReplicasKeeping("aws", moved, clusters)).toEqual({
      replicas: { "aws-west": 2, "aws-east": 2 },
      required: 80,
      requiredBy: "another-loss",
      lost: "azure",
      holds: true,
    });
  });

  test("is to what its own weight needs with headroom while it still has one", () => {
    const clusters = six.map((name) => cluster(name, { ready: 8 }));
    const need = { ...moved, weights: { aws: 50, azure: 25, gcp: 25 } };
    expect(leastReplicasKeeping("aws", need, clusters)).toMatchObject({
      replicas: { "aws-west": 2, "aws-east": 2 },
      required: 120,
      requiredBy: "weights",
    });
  });

  test("is to its least when it is not healthy, for then it is no help after another loss", () => {
    const clusters = six.map((name) => cluster(name));
    expect(leastReplicasKeeping("aws", { ...moved, healthy: ["azure", "gcp"] }, clusters)).toMatchObject({
      replicas: { "aws-west": 1, "aws-east": 1 },
      requiredBy: "nothing",
    });
  });

  test("is not at all when all of it does not suffice, and that is said", () => {
    const clusters = six.map((name) => cluster(name, { ready: 1 }));
    expect(leastReplicasKeeping("aws", moved, clusters)).toMatchObject({
      replicas: { "aws-west": 1, "aws-east": 1 },
      required: 140,
      holds: false,
    });
  });

  test("never raises a cluster, and keeps what the weights and any further loss need", () => {
    const need = fc.record({
      demand: fc.nat(600),
      weights: fc.constantFrom(
        { aws: 0, azure: 67, gcp: 33 },
        { aws: 34, azure: 33, gcp: 33 },
        { aws: 100, azure: 0, gcp: 0 },
      ),
      headroomPercent: fc.nat(50),
      healthy: fc.subarray(healthy),
    });
    fc.assert(
      fc.property(anySix, need, (clusters, asked) => {
        const { replicas, holds, required } = leastReplicasKeeping("aws", asked, clusters);
        const own = clusters.filter(({ cloud }) => cloud === "aws");
        for (const { cluster: name, ready, least } of own) {
          expect(replicas[name]).toBeLessThanOrEqual(ready);
          expect(replicas[name]).toBeGreaterThanOrEqual(Math.min(least, ready));
        }
        const after = clusters.map((one) => ({ ...one, ready: replicas[one.cluster] ?? one.ready }));
        const capacity = readyCapacity(after);
        if (!holds) expect(after).toEqual(clusters);
        else expect(covers(capacity["aws"] ?? 0, Math.max(required, needed(asked)["aws"] ?? 0))).toBe(true);
        // What could lose a cloud before can lose it after.
        const standing = { demand: asked.demand, healthy: asked.healthy };
        const before = survivesAnyLoss({ ...standing, capacity: readyCapacity(clusters) });
        if (before.survives) expect(survivesAnyLoss({ ...standing, capacity }).survives).toBe(true);
      }),
    );
  });
});
