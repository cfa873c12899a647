/** The Edge port on the local gateway's control endpoint. */
import { z } from "zod";
import type { Secret } from "../../domain/secret.ts";
import type { Edge } from "../../ports/edge.ts";
import { type ControlAddress, controlClient } from "./control-client.ts";

const setWithinMs = 10_000;

const policy = z.object({
  weights: z.record(z.string(), z.int()),
  version: z.int(),
  epoch: z.int(),
  setBy: z.string(),
  why: z.string(),
  setAtMs: z.number(),
});
const answered = z.object({ result: z.enum(["done", "repeated", "found"]), policy });
const serviceWindow = z.object({
  ms: z.number(),
  requests: z.int(),
  failed: z.int(),
  slow: z.int(),
  p99Ms: z.number().nullable(),
});
const pastWindows = z.object({ windows: z.array(serviceWindow.extend({ atMs: z.number() })) });
const demand = z.object({ requestsPerSecond: z.number(), windowMs: z.number() });

export function createLocalEdge(options: { readonly controlUrl: string; readonly token: Secret }): Edge {
  const address: ControlAddress = { url: options.controlUrl, token: options.token };
  const client = controlClient("the edge", address);
  return {
    policy: async (signal) => await client.read("/v1/policy", policy, signal),
    setWeights: async (request, signal) => {
      const change = { method: "PUT", path: "/v1/policy", body: request, withinMs: setWithinMs } as const;
      const { result, policy: answer } = await client.change(change, answered, signal);
      return { result, answer };
    },
    window: async (ms, signal) => await client.read(`/v1/window?ms=${Math.round(ms)}`, serviceWindow, signal),
    windows: async ({ sinceMs, afterMs, everyMs, ms }, signal) => {
      const query = Object.entries({ sinceMs, afterMs, everyMs, ms });
      const words = query.map(([name, value]) => `${name}=${Math.round(value)}`).join("&");
      return (await client.read(`/v1/windows?${words}`, pastWindows, signal)).windows;
    },
    demand: async (signal) => await client.read("/v1/demand", demand, signal),
  };
}
