/**
 * A snapshot as it comes from the orchestrator, or from a file that was kept.
 *
 * 1. To be shown, what is not known is passed over; to be rehearsed from, it is refused: a fact that nobody here understands
 *    may be the one that matters.
 */
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical.ts";
import type { Json } from "../../domain/json.ts";
import { type CloudFacts, type Snapshot, SNAPSHOT_VERSION, VERDICTS } from "../../domain/snapshot.ts";

const weights = z.record(z.string(), z.number());

export const cloudFacts: z.ZodType<CloudFacts> = z.object({
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  observers: z.number(),
  sinceMs: z.number(),
  clusters: z.record(z.string(), z.enum(VERDICTS)),
});

const member = z.object({
  state: z.enum(["running", "stopped", "unreachable"]),
  role: z.enum(["primary", "standby"]).nullable(),
  writesBlocked: z.boolean(),
  timeline: z.number().nullable(),
  position: z.string().nullable(),
  replayed: z.string().nullable(),
  stoppedCleanly: z.boolean(),
  follows: z.string().nullable(),
  streaming: z.boolean(),
  lagMs: z.number(),
  synchronousNames: z.string(),
  slots: z.array(z.object({ name: z.string(), active: z.boolean(), walStatus: z.string().nullable() })),
});

export const snapshot: z.ZodType<Snapshot> = z.object({
  takenAtMs: z.number(),
  clouds: z.record(z.string(), cloudFacts),
  clusters: z.record(
    z.string(),
    z.object({
      cloud: z.string(),
      replicas: z.number().nullable(),
      ready: z.number(),
      generation: z.number(),
      observedGeneration: z.number(),
    }),
  ),
  traffic: z.object({ weights, version: z.number(), setBy: z.string() }),
  demand: z.object({ requestsPerSecond: z.number(), source: z.enum(["measured", "inventory"]) }),
  databases: z.record(
    z.string(),
    z.object({
      members: z.record(z.string(), member),
      alone: z.object({ cloud: z.string().nullable() }).nullable(),
    }),
  ),
});

export type Seen =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly why: string };

const versioned = z.looseObject({ v: z.json() });

/** Of this version and whole, or why not. */
export function parseSeen(raw: Json): Seen {
  const found = versioned.safeParse(raw);
  if (!found.success) return { ok: false, why: "it does not say of which version it is" };
  const { v, ...facts } = found.data;
  if (v !== SNAPSHOT_VERSION)
    return {
      ok: false,
      why: `it is of version ${JSON.stringify(v)}, and this program knows ${SNAPSHOT_VERSION}`,
    };
  const parsed = snapshot.safeParse(facts);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, why: `it is cut short or broken at ${issue?.path.join(".") ?? "its beginning"}` };
  }
  if (canonicalJson(parsed.data) === canonicalJson(facts)) return { ok: true, snapshot: parsed.data };
  return { ok: false, why: "it holds facts that this program does not know" };
}

const kept = z.looseObject({ kind: z.literal("plan"), profile: z.string(), seen: z.json() });

export type Kept = { readonly profile: string; readonly seen: Json };

/** What `plan --json` has printed, from a file; null when it is something else. */
export function parseKept(text: string): Kept | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = kept.safeParse(raw);
  return parsed.success ? { profile: parsed.data.profile, seen: parsed.data.seen } : null;
}
