/** What can be done to a cloud of the local world, or to one of its clusters, on purpose, as the supervisor, the command and drills say it to each other. */
import { z } from "zod";
import { WorldError } from "../world/world-error.ts";

const faultKinds = ["kill", "freeze", "slow", "errors", "partition"] as const;

export const faultKind = z.enum(faultKinds);

/** How late a slow cloud's pods answer, and how many of the answers of one with errors are errors, unless told otherwise. */
const usual = { delayMs: 800, slowPercent: 100, errorPercent: 50 };

export const faultOrder = z.strictObject({
  fault: faultKind,
  /** `slow` only. */
  delayMs: z.int().min(1).max(60_000).optional(),
  /** Of the requests; `slow` and `errors` only. */
  percent: z.int().min(1).max(100).optional(),
});

export const faultRow = z.object({
  cloud: z.string(),
  /** Null: the whole cloud has it. */
  cluster: z.string().nullable().default(null),
  fault: faultKind,
  /** When the first process was struck, in ms since the epoch. */
  sinceMs: z.number(),
  /** How many processes were struck; null where pods answer badly, or the cloud is cut off. */
  processes: z.int().nullable(),
  delayMs: z.int().nullable(),
  percent: z.int().nullable(),
});

export const healed = z.object({
  cloud: z.string(),
  cluster: z.string().nullable().default(null),
  fault: faultKind,
  atMs: z.number(),
});

export type FaultKind = z.infer<typeof faultKind>;
export type FaultOrder = z.infer<typeof faultOrder>;
export type FaultRow = z.infer<typeof faultRow>;
export type Healed = z.infer<typeof healed>;

/** Nothing was done: the order does not fit what there is. */
export class FaultRefused extends WorldError {}

const CLUSTER = "cluster/";

/** Whom a fault is for, in one word: a cloud's name, or `cluster/` and a cluster's. */
export const clusterTarget = (cluster: string): string => `${CLUSTER}${cluster}`;

/** Null: the target is a cloud. */
export function clusterIn(target: string): string | null {
  return target.startsWith(CLUSTER) ? target.slice(CLUSTER.length) : null;
}

export type Struck = Pick<FaultRow, "cloud" | "cluster">;

/** The row of a fault that begins now. Throws FaultRefused for what means nothing with it. */
export function faultBeginning(struck: Struck, { fault, delayMs, percent }: FaultOrder): FaultRow {
  const row = { ...struck, fault, sinceMs: Date.now(), processes: null };
  if (struck.cluster !== null && fault !== "kill")
    throw meaningless("a cluster", fault, "a single cluster can only be killed");
  if (delayMs !== undefined && fault !== "slow")
    throw meaningless("a delay", fault, "only slow pods have one");
  switch (fault) {
    case "kill":
    case "freeze":
      if (percent === undefined) return { ...row, delayMs: null, percent: null };
      throw meaningless("a share of requests", fault, "it strikes whole processes");
    case "partition":
      if (percent === undefined) return { ...row, delayMs: null, percent: null };
      throw meaningless("a share of requests", fault, "it takes all that goes in or out");
    case "slow":
      return { ...row, delayMs: delayMs ?? usual.delayMs, percent: percent ?? usual.slowPercent };
    case "errors":
      return { ...row, delayMs: null, percent: percent ?? usual.errorPercent };
  }
}

function meaningless(what: string, fault: FaultKind, why: string): FaultRefused {
  const next = "./wildcam local fault --help";
  return new FaultRefused({ what: `${what} means nothing for ${fault}`, why, next });
}
