/** Interfaces and planes that fail: what callers are told, and what happens all the same. */
import { expect } from "vitest";
import {
  OTHER,
  rejects,
  policyOf,
  listOf,
  verdictsOf,
  membersOf,
  works,
  acknowledges,
  healthy,
  requests,
  type FaultStory,
} from "./testing/fault-looks.ts";
import { fault } from "./testing/night.ts";

export const INTERFACE_STORIES: readonly FaultStory[] = [
  {
    fault: fault("api", "throttle", "edge"),
    during: async (night) => {
      await rejects(night.setWeights(OTHER), "retryable");
      await rejects(policyOf(night), "retryable");
      expect(night.world.done).toEqual([]);
    },
    after: works,
  },

  {
    fault: fault("api", "server-error", "edge"),
    during: async (night) => {
      await rejects(policyOf(night), "retryable");
      await rejects(night.setWeights(OTHER), "ambiguous");
    },
    after: async (night) => expect((await policyOf(night)).version).toBeLessThanOrEqual(2),
  },

  {
    fault: fault("api", "lost-request", "edge"),
    during: async (night) => {
      await rejects(night.setWeights(OTHER), "ambiguous");
      expect(night.world.done).toEqual([]);
    },
    after: works,
  },

  {
    fault: fault("api", "lost-reply", "database/aws"),
    during: async (night) => {
      await rejects(night.perform("aws", { act: "block-writes" }), "ambiguous");
      expect(night.world.done.map(({ op }) => op)).toEqual(["block-writes"]);
    },
    after: async (night) =>
      expect((await night.perform("aws", { act: "block-writes" })).result).toBe("found"),
  },

  {
    fault: fault("api", "fails-late", "edge"),
    during: async (night) => {
      expect((await night.setWeights(OTHER)).answer.version).toBe(2);
      await night.pass(5_000);
      expect(await policyOf(night)).toMatchObject({ version: 3, setBy: "edge", weights: { aws: 34 } });
    },
    after: works,
  },

  {
    fault: fault("api", "fails-late", "cluster/aws-west"),
    during: async (night) => {
      expect((await night.scale("aws-west", 4)).result).toBe("done");
      await night.pass(60_000);
      expect((await listOf(night))["aws-west"]).toMatchObject({
        replicas: 4,
        ready: 2,
        observedGeneration: 1,
      });
    },
    after: async (night) =>
      expect((await listOf(night))["aws-west"]).toMatchObject({ ready: 4, observedGeneration: 2 }),
  },

  {
    fault: fault("api", "delay", "cluster/aws-west"),
    during: async (night) => {
      const beganMs = night.kernel.now();
      await night.scale("aws-west", 4);
      expect(night.kernel.now() - beganMs).toBeGreaterThan(999);
    },
    after: async (night) => {
      const beganMs = night.kernel.now();
      await night.scale("aws-west", 2);
      expect(night.kernel.now() - beganMs).toBeLessThan(100);
    },
  },

  {
    fault: fault("api", "duplicate", "edge"),
    during: async (night) => {
      await night.setWeights(OTHER);
      await night.pass(20_000);
      expect(night.world.attempts).toBe(2);
      expect(night.world.done.length).toBe(1);
    },
    after: async (night) => expect((await policyOf(night)).version).toBe(2),
  },

  {
    fault: fault("api", "stale-read", "edge"),
    during: async (night) => {
      await night.setWeights(OTHER);
      expect((await policyOf(night)).version).toBe(1);
    },
    after: async (night) => expect((await policyOf(night)).version).toBe(2),
  },

  {
    fault: fault("api", "stale-read", "cluster/aws-west"),
    during: async (night) => {
      await night.scale("aws-west", 4);
      expect((await listOf(night))["aws-west"]?.replicas).toBe(2);
    },
    after: async (night) => expect((await listOf(night))["aws-west"]?.replicas).toBe(4),
  },

  {
    fault: fault("api", "stale-read", "database/aws"),
    during: async (night) => {
      await night.perform("aws", { act: "block-writes" });
      expect((await membersOf(night))["aws"]?.writesBlocked).toBe(false);
    },
    after: async (night) => expect((await membersOf(night))["aws"]?.writesBlocked).toBe(true),
  },

  {
    fault: fault("api", "stale-read", "observer"),
    during: async (night) => {
      night.world.inject(fault("process", "killed", "cloud/aws"));
      expect((await verdictsOf(night))["aws"]?.verdict).toBe("healthy");
    },
    after: async (night) => expect((await verdictsOf(night))["aws"]?.verdict).toBe("down"),
  },

  {
    fault: fault("api", "torn-list", "cloud/aws"),
    during: async (night) => {
      for (const cluster of ["aws-west", "aws-east"]) await night.scale(cluster, 4);
      const list = await listOf(night);
      expect([list["aws-west"]?.replicas, list["aws-east"]?.replicas]).toEqual([4, 2]);
    },
    after: async (night) => expect((await listOf(night))["aws-east"]?.replicas).toBe(4),
  },

  {
    fault: fault("api", "throttle", "observer"),
    during: async (night) => rejects(verdictsOf(night), "retryable"),
    after: healthy,
  },
  {
    fault: fault("planes", "control-down", "cloud/aws"),
    during: async (night) => {
      expect((await listOf(night))["aws-west"]).toMatchObject({ replicas: null });
      expect((await membersOf(night))["aws"]?.state).toBe("unreachable");
      await rejects(night.scale("aws-west", 4), "ambiguous");
      expect(requests(night)).toBe(200);
      await healthy(night);
      await acknowledges(night);
    },
    after: async (night) => expect((await listOf(night))["aws-west"]?.replicas).toBe(2),
  },

  {
    fault: fault("planes", "control-down", "edge"),
    during: async (night) => {
      await rejects(night.setWeights(OTHER), "ambiguous");
      expect(requests(night)).toBe(200);
    },
    after: works,
  },

  {
    fault: fault("planes", "data-down", "cloud/aws"),
    during: async (night) => {
      expect((await listOf(night))["aws-west"]).toMatchObject({ replicas: 2, ready: 0 });
      expect((await verdictsOf(night))["aws"]?.verdict).toBe("down");
      expect(night.world.service.serves("aws")).toBe(false);
    },
    after: healthy,
  },

  {
    fault: fault("planes", "writes-refused", "cloud/aws"),
    during: async (night) => {
      await rejects(night.scale("aws-west", 4), "refused");
      expect((await listOf(night))["aws-west"]?.replicas).toBe(2);
    },
    after: async (night) => expect((await night.scale("aws-west", 4)).result).toBe("done"),
  },

  {
    fault: fault("planes", "capacity-in-part", "cloud/aws"),
    during: async (night) => {
      await night.scale("aws-west", 6);
      expect((await listOf(night))["aws-west"]).toMatchObject({ replicas: 6, ready: 4 });
    },
    after: async (night) => expect((await listOf(night))["aws-west"]?.ready).toBe(6),
  },

  {
    fault: fault("planes", "capacity-late", "cloud/aws"),
    during: async (night) => {
      await night.scale("aws-west", 3);
      expect((await listOf(night))["aws-west"]?.ready).toBe(2);
      await night.pass(60_000);
      expect((await listOf(night))["aws-west"]?.ready).toBe(3);
    },
    after: async (night) => {
      await night.scale("aws-west", 4);
      expect((await listOf(night))["aws-west"]?.ready).toBe(4);
    },
  },
];
