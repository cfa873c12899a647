/** Networks, processes and clocks that fail. */
import { expect } from "vitest";
import {
  OTHER,
  rejects,
  listOf,
  verdictsOf,
  membersOf,
  acknowledges,
  healthy,
  type FaultStory,
} from "./testing/fault-looks.ts";
import { fault, type Night } from "./testing/night.ts";

function cloudsAsked(night: Night): string[] {
  return Array.from({ length: 300 }, () => night.world.edge.request().cloud);
}
export const MACHINE_STORIES: readonly FaultStory[] = [
  {
    fault: fault("network", "replication-cut", "link/aws->azure"),
    during: async (night) => {
      await acknowledges(night);
      const { aws, azure, gcp } = await membersOf(night);
      expect(azure).toMatchObject({ streaming: false });
      expect([azure?.position === aws?.position, gcp?.position === aws?.position]).toEqual([false, true]);
    },
    after: async (night) => {
      const { aws, azure } = await membersOf(night);
      expect(azure).toMatchObject({ streaming: true, position: aws?.position });
    },
  },

  {
    fault: fault("network", "slow-link", "link/aws->azure"),
    during: async (night) => {
      night.world.inject(fault("database", "standby-lost", "database/gcp"));
      const beganMs = night.kernel.now();
      await acknowledges(night);
      expect(night.kernel.now() - beganMs).toBeGreaterThan(400);
    },
    after: async (night) => {
      const beganMs = night.kernel.now();
      await acknowledges(night);
      expect(night.kernel.now()).toBe(beganMs);
    },
  },

  {
    fault: fault("network", "edge-cut", "cloud/aws"),
    during: async (night) => {
      expect((await verdictsOf(night))["aws"]?.verdict).toBe("down");
      expect((await listOf(night))["aws-west"]?.ready).toBe(2);
      expect(night.world.edge.request().ok || night.world.edge.request().ok).toBe(true);
      expect(night.world.service.serves("aws")).toBe(false);
    },
    after: healthy,
  },

  {
    fault: fault("network", "ignored-ttl", "resolver"),
    during: async (night) => {
      for (const cluster of ["azure-west", "azure-east", "gcp-west", "gcp-east"])
        await night.scale(cluster, 9);
      await night.setWeights({ aws: 0, azure: 50, gcp: 50 });
      expect(cloudsAsked(night)).toContain("aws");
    },
    after: async (night) => expect(cloudsAsked(night)).not.toContain("aws"),
  },

  {
    fault: fault("process", "pod-killed", "cluster/aws-west"),
    during: async (night) =>
      expect((await listOf(night))["aws-west"]).toMatchObject({
        replicas: 2,
        ready: 1,
        observedGeneration: 0,
      }),
    after: async (night) =>
      expect((await listOf(night))["aws-west"]).toMatchObject({ ready: 2, observedGeneration: 1 }),
  },

  clusterOut("killed"),
  clusterOut("frozen"),

  {
    fault: fault("process", "killed", "cloud/gcp"),
    during: async (night) => {
      expect((await verdictsOf(night))["gcp"]?.verdict).toBe("down");
      expect((await membersOf(night))["gcp"]?.state).toBe("unreachable");
      await acknowledges(night);
    },
    after: async (night) => {
      await healthy(night);
      expect((await membersOf(night))["gcp"]).toMatchObject({ state: "running", streaming: true });
    },
  },

  {
    fault: fault("process", "killed", "database/aws"),
    during: async (night) => {
      expect((await membersOf(night))["aws"]).toMatchObject({ state: "stopped", stoppedCleanly: false });
      expect(await night.write("aws")).toBe("failed");
    },
    after: acknowledges,
  },

  {
    fault: fault("process", "frozen", "database/aws"),
    during: async (night) => {
      expect((await membersOf(night))["aws"]?.state).toBe("unreachable");
      expect(await night.write("aws")).toBe("failed");
      await rejects(night.perform("aws", { act: "block-writes" }), "ambiguous");
      expect(night.world.done).toEqual([]);
    },
    after: async (night) => {
      // What nobody waits for any more arrives when the server wakes up.
      await night.pass(10);
      expect(night.world.done.map(({ op }) => op)).toEqual(["block-writes"]);
    },
  },

  {
    fault: fault("process", "killed", "agent/aws"),
    during: async (night) => {
      expect((await membersOf(night))["aws"]?.state).toBe("unreachable");
      await acknowledges(night);
    },
    after: async (night) => expect((await membersOf(night))["aws"]?.role).toBe("primary"),
  },

  {
    fault: fault("process", "frozen", "agent/aws"),
    during: async (night) => {
      await rejects(night.scale("aws-west", 4), "ambiguous");
      expect(night.world.clusters["aws-west"]?.replicas).toBe(2);
    },
    after: async (night) => {
      await night.pass(10);
      expect(night.world.clusters["aws-west"]?.replicas).toBe(4);
    },
  },

  {
    fault: fault("process", "disk-full", "database/aws"),
    during: async (night) => expect(await night.write("aws")).toBe("failed"),
    after: acknowledges,
  },

  {
    fault: fault("process", "disk-full", "database/azure"),
    during: async (night) => {
      await acknowledges(night);
      const { aws, azure } = await membersOf(night);
      expect(azure?.position).not.toBe(aws?.position);
    },
    after: async (night) => {
      const { aws, azure } = await membersOf(night);
      expect(azure?.position).toBe(aws?.position);
    },
  },
  ...wrongClock("skew", 1_000),
  ...wrongClock("jump", 1_000_000),
];

function clusterOut(kind: string): FaultStory {
  return {
    fault: fault("process", kind, "cluster/aws-west"),
    during: async (night) => {
      expect((await listOf(night))["aws-west"]).toMatchObject({ replicas: 2, ready: 0 });
      expect(night.world.service.capacityOf("aws")).toBe(60);
    },
    after: async (night) => expect(night.world.service.capacityOf("aws")).toBe(120),
  };
}

function wrongClock(kind: string, leastMs: number): FaultStory[] {
  return [
    {
      fault: fault("time", kind, "agent/azure"),
      during: async (night) => expect((await membersOf(night))["azure"]?.lagMs).toBeGreaterThan(leastMs),
      after: async (night) => expect((await membersOf(night))["azure"]?.lagMs).toBe(0),
    },
    {
      fault: fault("time", kind, "edge"),
      during: async (night) => {
        await night.setWeights(OTHER);
        expect(night.world.policy.setAtMs - night.kernel.now()).toBeGreaterThan(leastMs - 10);
      },
      after: async (night) => {
        await night.setWeights({ aws: 34, azure: 33, gcp: 33 });
        expect(night.world.policy.setAtMs - night.kernel.now()).toBeLessThanOrEqual(0);
      },
    },
  ];
}
