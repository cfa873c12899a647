/** What a run is started with, as it lies in the durable engine: parsed again whenever the run is taken up. */
import { z } from "zod";
import type { Json } from "../domain/json.ts";

const order = z.strictObject({
  runbook: z.string(),
  input: z.record(z.string(), z.json()),
  requestedBy: z.string(),
  requestedByHuman: z.string(),
  profile: z.string(),
  planHash: z.string().nullable(),
  waitForLocks: z.boolean(),
  preempt: z.boolean(),
  overrides: z.array(z.string()),
  /** Of runs that nobody asked for by hand: how far they may go, and in the words of which policy. */
  automatic: z
    .strictObject({ mode: z.enum(["propose", "act"]), policy: z.string() })
    .nullable()
    .default(null),
  // With the profile, what the run goes on with or not at all (`version-gate.ts`).
  codeVersion: z.string(),
  inventoryDigest: z.string(),
});

export type Order = z.output<typeof order>;

export function parseOrder(raw: Json): Order {
  return order.parse(raw);
}
