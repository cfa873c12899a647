/** What can be done to a whole cloud of the local world on purpose, as the supervisor, the command and drills say it to each other. */
import { z } from "zod";
import { WorldError } from "../world/world-error.ts";

const faultKinds = ["kill", "freeze", "slow", "errors"] as const;

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
  fault: faultKind,
  /** When the first process was struck, in ms since the epoch. */
  sinceMs: z.number(),
  /** How many processes were struck; null where these are pods that answer badly. */
  processes: z.int().nullable(),
  delayMs: z.int().nullable(),
  percent: z.int().nullable(),
});

export const healed = z.object({ cloud: z.string(), fault: faultKind, atMs: z.number() });

export type FaultKind = z.infer<typeof faultKind>;
export type FaultOrder = z.infer<typeof faultOrder>;
export type FaultRow = z.infer<typeof faultRow>;
export type Healed = z.infer<typeof healed>;

/** Nothing was done: the order does not fit what there is. */
export class FaultRefused extends WorldError {}

/** The row of a fault that begins now. Throws FaultRefused for numbers that mean nothing with it. */
export function faultBeginning(cloud: string, { fault, delayMs, percent }: FaultOrder): FaultRow {
  const row = { cloud, fault, sinceMs: Date.now(), processes: null };
  if (delayMs !== undefined && fault !== "slow")
    throw meaningless("a delay", fault, "only slow pods have one");
  switch (fault) {
    case "kill":
    case "freeze":
      if (percent === undefined) return { ...row, delayMs: null, percent: null };
      throw meaningless("a share of requests", fault, "it strikes whole processes");
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
