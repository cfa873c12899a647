/** S1 to S4: each turns red by what breaks it, and stays green by what only looks like it. */
import { describe, expect, test } from "vitest";
import { fault, Night } from "../testing/night.ts";
import type { WorldEvent } from "../world/events.ts";

function commit(cloud: string, timeline: number): WorldEvent {
  return { kind: "commit", cloud, timeline, branch: String(timeline), position: 2_000 };
}

describe("S1, one writer", () => {
  test("is broken by a commit on a lower timeline than the last, and by two members on one", () => {
    const night = new Night();
    night.checker.after(commit("azure", 2));
    night.checker.after(commit("aws", 1));
    expect(night.broken).toEqual(["S1"]);
    const other = new Night();
    other.checker.after(commit("azure", 2));
    other.checker.after(commit("gcp", 2));
    expect(other.broken).toEqual(["S1"]);
  });

  test("is kept by a primary that moves to higher timelines", () => {
    const night = new Night();
    for (const [cloud, timeline] of [
      ["aws", 1],
      ["aws", 1],
      ["azure", 2],
      ["aws", 3],
    ] as const)
      night.checker.after(commit(cloud, timeline));
    expect(night.broken).toEqual([]);
  });
});

describe("S2, the fence first", () => {
  test("is broken by a promotion while the old primary runs, frozen or not", async () => {
    for (const frozen of [false, true]) {
      const night = new Night();
      if (frozen) night.world.inject(fault("process", "frozen", "database/aws"));
      await night.perform("azure", { act: "promote" });
      expect(night.broken).toContain("S2");
    }
  });

  test("is kept by a clean stop before it, and is not about a person who makes a second primary", async () => {
    const night = new Night();
    await night.perform("aws", { act: "stop-cleanly" });
    await night.perform("azure", { act: "promote" });
    expect(night.broken).toEqual([]);
    const other = new Night();
    other.world.databases.apply("azure", { act: "promote" }, "hand");
    expect(other.broken).toEqual([]);
  });
});

describe("S3, nothing that was promised is lost", () => {
  async function promoteBehind(limits = {}): Promise<Night> {
    const night = new Night({ limits });
    await night.perform("aws", { act: "set-synchronous", names: "" });
    night.world.inject(fault("network", "replication-cut", "link/aws->azure"));
    expect(await night.write("aws")).toBe("acknowledged");
    night.world.inject(fault("process", "killed", "database/aws"));
    await night.perform("azure", { act: "promote" });
    return night;
  }

  test("is broken by the promotion of a standby that lacks an acknowledged commit", async () => {
    expect((await promoteBehind()).broken).toEqual(["S3"]);
  });

  test("is kept within what may be lost, and where the quorum had it", async () => {
    expect((await promoteBehind({ rpoBytes: 8 })).broken).toEqual([]);
    const night = new Night();
    expect(await night.write("aws")).toBe("acknowledged");
    night.world.inject(fault("process", "killed", "database/aws"));
    await night.perform("azure", { act: "promote" });
    expect(night.broken).toEqual([]);
  });
});

describe("S4, no reader on a timeline that was given up", () => {
  async function diverged(): Promise<Night> {
    const night = new Night();
    night.world.inject(fault("network", "replication-cut", "link/aws->azure"));
    night.world.inject(fault("network", "replication-cut", "link/aws->gcp"));
    expect(await night.write("aws")).toBe("unknown");
    const returns = fault("database", "old-primary-returns", "database/aws");
    night.world.inject(returns);
    await night.perform("azure", { act: "promote" });
    night.world.heal(returns);
    return night;
  }

  test("is broken by an old primary that serves what nobody was promised", async () => {
    const night = await diverged();
    night.checker.after({ kind: "served", cloud: "aws" });
    expect(night.broken).toEqual(["S4"]);
  });

  test("is kept by pods, who read only on the highest timeline, and by a standby that is only behind", async () => {
    const night = await diverged();
    for (const cloud of ["aws", "azure", "gcp"]) expect(night.world.serveRead(cloud)).toBe(true);
    night.checker.after({ kind: "served", cloud: "gcp" });
    expect(night.broken).toEqual([]);
  });

  test("is not measured by an old primary that rose while the one above it was down", async () => {
    const night = new Night();
    const returns = fault("database", "old-primary-returns", "database/aws");
    night.world.inject(returns);
    await night.perform("azure", { act: "promote" });
    await night.perform("azure", { act: "create-slot", slot: "standby_gcp" });
    await night.perform("gcp", { act: "follow", primary: "azure", slot: "standby_gcp" });
    await night.write("azure");
    await night.pass(1_000);
    night.world.inject(fault("process", "killed", "database/azure"));
    night.world.heal(returns);
    expect(night.world.databases.primary()).toBe("aws");
    night.checker.after({ kind: "served", cloud: "gcp" });
    expect(night.broken).toEqual([]);
  });
});
