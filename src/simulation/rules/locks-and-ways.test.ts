/** Rules about locks, the way back and the quorum: red by what breaks them, green by what only looks like it. */
import { describe, expect, test } from "vitest";
import { fault, Night } from "../testing/night.ts";

const act = (op: string, cloud: string, of: Record<string, string> = {}) => ({
  op,
  target: `database/wildlifedb@${cloud}`,
  params: { database: "wildlifedb", cloud, ...of },
});

describe("S7, who has no lock begins nothing", () => {
  const asked = (step: string, of: { readonly run?: string; readonly stale?: boolean } = {}) =>
    ({
      kind: "asked",
      key: `${of.run ?? "run-1"}/${step}`,
      lock: "traffic",
      stale: of.stale ?? false,
      op: "scale",
      section: "traffic",
      caller: 1,
    }) as const;

  test("is broken by asking for anything when the lock was given back", () => {
    const night = new Night();
    night.checker.holders.released("run-1", "traffic");
    night.checker.after(asked("4", { stale: true }));
    night.checker.after(asked("4", { run: "run-2" }));
    expect(night.broken).toEqual([]);
    night.checker.after(asked("5"));
    expect(night.broken).toEqual(["S7"]);
  });

  test("is broken by a second step of a run whose lock was taken, not by the one that it was at", () => {
    const night = new Night();
    night.checker.holders.taken("run-1");
    night.checker.after(asked("4.0"));
    night.checker.after(asked("4.1"));
    expect(night.broken).toEqual([]);
    night.checker.after(asked("5"));
    expect(night.broken).toEqual(["S7"]);
  });
});

describe("L1, of the way back", () => {
  const slot = { slot: "standby_aws" };
  const plan = [act("stop-cleanly", "aws"), act("promote", "azure"), act("create-slot", "azure", slot)];

  async function promoted(): Promise<Night> {
    const night = new Night();
    night.checker.approve("run-2", plan);
    await night.perform("aws", { act: "stop-cleanly" });
    night.checker.after({ kind: "looked", at: "databases", run: "run-2", told: null });
    await night.perform("azure", { act: "promote" });
    return night;
  }

  const tick = (night: Night) => night.checker.after({ kind: "request", ok: true, attempts: 1 });

  async function takesBack(night: Night): Promise<string[]> {
    night.checker.commits.goesBack("run-2", 1);
    tick(night);
    expect(night.broken).toEqual([]);
    await night.perform("azure", { act: "create-slot", slot: "standby_gcp" });
    return night.broken;
  }

  test("is broken by taking back behind a promotion, until its pivot is over, and not by the words alone", async () => {
    expect(await takesBack(await promoted())).toContain("L1");
    const other = await promoted();
    other.checker.commits.pivotOver("run-2");
    expect(await takesBack(other)).not.toContain("L1");
  });

  test("is broken by taking back far more than was asked for since the last good point", async () => {
    const night = new Night();
    night.checker.goodPoint("run-1");
    night.checker.commits.goesBack("run-1", 4);
    tick(night);
    expect(night.broken).toEqual([]);
    night.checker.commits.goesBack("run-1", 7);
    tick(night);
    expect(night.broken).toEqual(["L1"]);
  });

  test("is broken by standing behind a promotion for minutes without a word, and not by one who calls", async () => {
    const night = await promoted();
    await night.pass(90_000);
    tick(night);
    expect(night.broken).toEqual(["L1"]);
    const other = await promoted();
    other.checker.commits.calls("run-2");
    await other.pass(90_000);
    tick(other);
    expect(other.broken).toEqual([]);
  });
});

test("S3 is broken by a primary that acknowledges with fewer standbys than the policy names", async () => {
  const night = new Night({ limits: { quorum: 1 } });
  expect(await night.write("aws")).toBe("acknowledged");
  expect(night.broken).toEqual([]);
  await night.perform("aws", { act: "set-synchronous", names: "" });
  expect(await night.write("aws")).toBe("acknowledged");
  expect(night.broken).toEqual(["S3"]);
});

test("S4 is broken by promoting one that lacks what the primary wrote last, and could only be cloned again then", async () => {
  for (const [cut, broken] of [
    [true, ["S3", "S4"]],
    [false, []],
  ] as const) {
    const night = new Night();
    if (cut) night.world.inject(fault("network", "replication-cut", "link/aws->azure"));
    await night.write("aws");
    await night.perform("aws", { act: "stop-cleanly" });
    await night.perform("azure", { act: "promote" });
    expect(night.broken).toEqual(broken);
  }
});

describe("S11, backwards on the way back", () => {
  const slots = ["standby_aws", "standby_gcp"];

  const plan = slots.map((slot) => act("create-slot", "azure", { slot }));

  async function takenBack(order: readonly number[], left: (typeof plan)[number] | null = null) {
    const night = new Night();
    night.checker.approve("run-2", plan);
    for (const slot of slots) {
      await night.perform("azure", { act: "create-slot", slot });
      night.checker.after({ kind: "looked", at: "databases", run: "run-2", told: null });
    }
    if (left !== null) night.checker.leaves("run-2", left);
    for (const at of order) await night.perform("azure", { act: "drop-slot", slot: slots[at] ?? "" });
    return night.broken;
  }

  test("is kept by taking the last first, and broken by taking the first first", async () => {
    expect(await takenBack([1, 0])).toEqual([]);
    expect(await takenBack([0, 1])).toEqual(["S11"]);
  });

  test("is kept by going on below what people had it leave as it stands, and by that alone", async () => {
    expect(await takenBack([0], plan[1])).toEqual([]);
    expect(await takenBack([0], plan[0])).toEqual([]);
    expect(await takenBack([0], act("create-slot", "gcp", { slot: "standby_gcp" }))).toEqual(["S11"]);
  });
});
