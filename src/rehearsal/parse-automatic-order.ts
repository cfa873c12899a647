/** An order as automation hands it to the durable engine, read back. */
import { z } from "zod";
import { RUNBOOK_NAMES } from "../domain/runbook-names.ts";
import type { Json } from "../domain/json.ts";

const order = z.looseObject({
  runbook: z.enum(RUNBOOK_NAMES),
  input: z.record(z.string(), z.string()),
  requestedBy: z.string(),
  waitForLocks: z.boolean(),
  preempt: z.boolean(),
  automatic: z.object({ mode: z.enum(["propose", "act"]), policy: z.string() }),
});

export type ParsedOrder = z.output<typeof order>;

export function parseAutomaticOrder(raw: Json): ParsedOrder {
  return order.parse(raw);
}
