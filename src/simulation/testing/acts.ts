/** What runs plan, look at and do, for tests of rules. */
import type { LookedAt, ModelEffect, Told } from "../world/events.ts";
import { Night, type NightOptions } from "./night.ts";

export const START = { aws: 34, azure: 33, gcp: 33 };
export const SHIFT = { aws: 29, azure: 38, gcp: 33 };
export const HEALTHY = { aws: "healthy", azure: "healthy", gcp: "healthy" };

export const shift = (weights: Record<string, number>) => ({
  op: "set-weights",
  target: "traffic",
  params: { weights },
});
export const scale = (cluster: string, replicas: number) => ({
  op: "scale",
  target: `cluster/${cluster}`,
  params: { cluster, replicas },
});
export const act = (op: string, cloud: string, of: Record<string, string> = {}) => ({
  op,
  target: `database/wildlifedb@${cloud}`,
  params: { database: "wildlifedb", cloud, ...of },
});

export function look(night: Night, at: LookedAt, told: Told | null = null, run = "run-1"): void {
  night.checker.after({ kind: "looked", at, run, told });
}

export function lookAtAll(night: Night, told: Told = HEALTHY): void {
  for (const at of ["policy", "clusters", "databases"] as const) look(night, at);
  look(night, "verdicts", told);
}

export function approved(
  acts: Parameters<Night["checker"]["approve"]>[1],
  limits: NightOptions["limits"] = {},
): Night {
  const night = new Night({ limits });
  night.checker.approve("run-1", acts);
  night.checker.approve("run-2", acts);
  return night;
}

/** As if that had just taken effect; the world is as it was. `key`: `RUN/SEQUENCE`. */
export function effectOf(
  night: Night,
  planned: Pick<ModelEffect, "op" | "target" | "params">,
  key: string,
): void {
  const token = { key, lock: "traffic", epoch: 1, sequence: Number(key.slice(key.indexOf("/") + 1)) };
  const change = { ...planned, atMs: night.kernel.now(), effector: "agent", before: "{}", after: "{}" };
  night.checker.after({ kind: "effect", effect: { ...token, ...change }, caller: 1 });
}
