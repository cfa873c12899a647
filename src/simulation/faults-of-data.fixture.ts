/** Databases, load, evidence and people that get in the way. */
import { expect } from "vitest";
import {
  OTHER,
  signal,
  rejects,
  verdictsOf,
  membersOf,
  acknowledges,
  healthy,
  requests,
  type FaultStory,
} from "./testing/fault-looks.ts";
import { fault, type Night } from "./testing/night.ts";

const behind = async (night: Night) => {
  await acknowledges(night);
  await night.pass(100);
  const { azure } = await membersOf(night);
  expect(azure?.replayed).not.toBe(azure?.position);
  expect(azure?.lagMs).toBeGreaterThan(50);
};
const caughtUp = async (night: Night) => {
  await night.pass(5_000);
  const { azure } = await membersOf(night);
  expect(azure).toMatchObject({ replayed: azure?.position, lagMs: 0 });
};

function setOn(night: Night, expectedVersion: number) {
  const request = { weights: OTHER, expectedVersion, token: night.traffic(), setBy: "olivia", why: "" };
  return night.ports.edge.setWeights(request, signal);
}
function wanted(night: Night): number {
  return Object.values(night.world.clusters).reduce((sum, { replicas }) => sum + (replicas ?? 0), 0);
}
export const DATA_STORIES: readonly FaultStory[] = [
  { fault: fault("database", "lag", "database/azure"), during: behind, after: caughtUp },
  { fault: fault("database", "replay-stalled", "database/azure"), during: behind, after: caughtUp },

  {
    fault: fault("database", "slot-lost", "database/aws"),
    during: async (night) => {
      const { aws, azure } = await membersOf(night);
      expect(aws?.slots.map(({ walStatus }) => walStatus)).toEqual(["lost", "lost"]);
      expect(azure?.streaming).toBe(false);
      expect(await night.write("aws")).toBe("unknown");
    },
    after: acknowledges,
  },

  {
    fault: fault("database", "promotion-fails", "database/azure"),
    during: async (night) => {
      await night.perform("aws", { act: "stop-cleanly" });
      await rejects(night.perform("azure", { act: "promote" }), "retryable");
      expect((await membersOf(night))["azure"]?.role).toBe("standby");
    },
    after: async (night) =>
      expect((await night.perform("azure", { act: "promote" })).answer.role).toBe("primary"),
  },

  {
    fault: fault("database", "old-primary-returns", "database/aws"),
    during: async (night) => {
      await night.perform("azure", { act: "promote" });
      expect(night.world.databases.primary()).toBe("azure");
    },
    after: async (night) => {
      const { aws, azure } = await membersOf(night);
      expect(aws).toMatchObject({ role: "primary", timeline: 1 });
      expect(azure).toMatchObject({ role: "primary", timeline: 2 });
    },
  },

  {
    fault: fault("database", "standby-lost", "database/azure"),
    during: async (night) => {
      expect((await membersOf(night))["azure"]).toMatchObject({ state: "running", streaming: false });
      night.world.inject(fault("database", "standby-lost", "database/gcp"));
      expect(await night.write("aws")).toBe("unknown");
    },
    after: acknowledges,
  },
  {
    fault: fault("load", "surge", "client"),
    during: async (night) => {
      expect((await night.run(night.ports.edge.demand(signal))).requestsPerSecond).toBe(600);
      expect(requests(night)).toBeLessThan(200);
    },
    after: async (night) => expect(requests(night)).toBe(200),
  },

  {
    fault: fault("load", "slow-backend", "cluster/aws-west"),
    during: async (night) => {
      requests(night);
      await healthy(night);
      expect(night.world.edge.history.window(night.kernel.now(), 1_000).slow).toBeGreaterThan(5);
    },
    after: async (night) => {
      await night.pass(2_000);
      requests(night);
      expect(night.world.edge.history.window(night.kernel.now(), 1_000).slow).toBe(0);
    },
  },

  {
    fault: fault("evidence", "lies-healthy", "cloud/aws"),
    during: async (night) => {
      night.world.inject(fault("process", "killed", "cloud/aws"));
      expect((await verdictsOf(night))["aws"]?.verdict).toBe("healthy");
    },
    after: async (night) => expect((await verdictsOf(night))["aws"]?.verdict).toBe("down"),
  },

  {
    fault: fault("evidence", "lies-down", "cloud/aws"),
    during: async (night) => {
      expect((await verdictsOf(night))["aws"]?.verdict).toBe("down");
      expect(requests(night)).toBe(200);
    },
    after: healthy,
  },

  {
    fault: fault("evidence", "lies-degraded", "cloud/aws"),
    during: async (night) => {
      expect((await verdictsOf(night))["aws"]?.verdict).toBe("degraded");
      expect(requests(night)).toBe(200);
    },
    after: healthy,
  },

  {
    fault: fault("evidence", "oscillates", "cloud/aws"),
    during: async (night) => {
      const seen: string[] = [];
      for (let turn = 0; turn < 6; turn += 1) {
        seen.push((await verdictsOf(night))["aws"]?.verdict ?? "none");
        await night.pass(1_000);
      }
      expect(new Set(seen)).toEqual(new Set(["healthy", "down"]));
    },
    after: healthy,
  },

  {
    fault: fault("evidence", "unseen", "cloud/aws"),
    during: async (night) =>
      expect((await verdictsOf(night))["aws"]).toMatchObject({ verdict: "unknown", observers: 0 }),
    after: healthy,
  },
  {
    fault: fault("people", "changes-weights", "operator"),
    during: async (night) => {
      expect(night.world.policy).toMatchObject({ version: 2, setBy: "somebody at the console" });
      await rejects(night.run(setOn(night, 1)), "refused");
    },
    after: async (night) => expect(night.world.policy.weights).toEqual({ aws: 34, azure: 33, gcp: 33 }),
  },

  {
    fault: fault("people", "scales", "operator"),
    during: async (night) => expect(wanted(night)).toBe(13),
    after: async (night) => expect(wanted(night)).toBe(12),
  },

  {
    fault: fault("people", "promotes", "operator"),
    during: async (night) => {
      const primary = night.world.databases.primary();
      expect(primary).not.toBe("aws");
      expect(night.member("aws")).toMatchObject({ role: "standby", follows: primary, streaming: true });
      expect(await night.write(primary ?? "")).toBe("acknowledged");
      expect(night.broken).toEqual([]);
    },
    after: async (night) => expect(night.world.databases.primary()).not.toBe("aws"),
  },
];
