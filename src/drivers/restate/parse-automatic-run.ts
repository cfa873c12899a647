/** A run that a virtual object has begun by itself, as its ingress answers it. */
import { z } from "zod";

export const automaticRun = z.object({
  run: z.string(),
  runbook: z.string(),
  input: z.record(z.string(), z.json()),
  mode: z.enum(["propose", "act"]),
  policy: z.string(),
  preempt: z.boolean(),
});
