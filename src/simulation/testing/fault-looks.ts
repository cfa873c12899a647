/** What stories of faults are made of: how each looks at a world, in few words. */
import { expect } from "vitest";
import type { Fault } from "../faults.ts";
import type { Night } from "./night.ts";

/** `during` looks while the fault lasts, `after` once it is healed. */
export type FaultStory = {
  readonly fault: Fault;
  readonly during: (night: Night) => Promise<void>;
  readonly after: (night: Night) => Promise<void>;
};

export const OTHER = { aws: 40, azure: 30, gcp: 30 };
export const signal = new AbortController().signal;

export const rejects = async (work: Promise<unknown>, kind: string) =>
  expect(
    await work.then(
      () => "answered",
      (error: unknown) => error,
    ),
  ).toMatchObject({ kind });
export const policyOf = (night: Night) => night.run(night.ports.edge.policy(signal));
export const listOf = (night: Night) => night.run(night.ports.clusters.list(signal));
export const verdictsOf = (night: Night) => night.run(night.ports.health.verdicts(signal));
export const membersOf = async (night: Night) =>
  (await night.run(night.ports.databases.observe("wildlifedb", signal))).members;
export const works = async (night: Night) => {
  expect((await night.setWeights(OTHER)).result).toBe("done");
};
export const acknowledges = async (night: Night) => expect(await night.write("aws")).toBe("acknowledged");
export const healthy = async (night: Night) => {
  for (const { verdict } of Object.values(await verdictsOf(night))) expect(verdict).toBe("healthy");
};
export const requests = (night: Night, count = 200) => {
  let good = 0;
  for (let number = 0; number < count; number += 1) good += night.world.edge.request().ok ? 1 : 0;
  return good;
};
