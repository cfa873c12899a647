/** One health request, with a deadline, and what came of it. */
import { type Agent, request } from "undici";
import { z } from "zod";
import type { Probed } from "./evidence.ts";

export type ProbeOf = {
  readonly origin: string;
  readonly path: "/health" | "/ready";
  /** Through the edge: the cluster that has to answer. */
  readonly pinnedTo: string | null;
};

/** A pod says so of itself, in either answer. */
const draining = z.union([
  z.object({ status: z.literal("draining") }),
  z.object({ reason: z.literal("draining") }),
]);

/** `reached`: something answered over HTTP, whatever it said. Never throws. */
export async function probe(
  connections: Agent,
  { origin, path, pinnedTo }: ProbeOf,
): Promise<Probed & { readonly reached: boolean }> {
  const beganMs = performance.now();
  const ended = (result: Probed["result"], why: string, reached: boolean) => {
    const atMs = performance.now();
    return { atMs, result, why, tookMs: atMs - beganMs, reached };
  };
  try {
    const { statusCode, body } = await request(`${origin}${path}`, {
      dispatcher: connections,
      headers: pinnedTo === null ? {} : { "x-edge-probe": pinnedTo },
      signal: AbortSignal.timeout(withinMs),
    });
    const text = await body.text();
    if (statusCode === 200) return ended("answered", "answers", true);
    if (statusCode === 503 && isDraining(text)) return ended("draining", "it drains", true);
    return ended("failed", `${path} is answered with ${statusCode}`, true);
  } catch (error) {
    return ended("failed", wordsOf(error), false);
  }
}

function isDraining(text: string): boolean {
  try {
    return draining.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${withinMs} ms`;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return code === "ECONNREFUSED" ? "it refuses connections" : code === "" ? error.message : code;
}

const withinMs = 1_000;
