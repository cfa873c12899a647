/** What the orchestrator answers of what begins by itself. */
import { z } from "zod";
import { AUTOMATIC_ACTIONS, MODES, TOLD } from "../../domain/automatic-actions.ts";

export const automationAnswer = z.object({
  profile: z.string(),
  stopped: z.object({ by: z.string(), why: z.string(), atMs: z.number() }).nullable(),
  runsPerHour: z.number(),
  actions: z.array(
    z.object({
      action: z.enum(AUTOMATIC_ACTIONS),
      mode: z.enum(MODES),
      stated: z.enum(MODES),
      setBy: z.string().nullable(),
      setAtMs: z.number().nullable(),
    }),
  ),
  outages: z.array(
    z.object({
      cloud: z.string(),
      verdict: z.enum(TOLD),
      sinceMs: z.number(),
      runs: z.array(z.string()),
    }),
  ),
  begun: z.array(z.string()),
});
export type AutomationAnswer = z.output<typeof automationAnswer>;
export const automationStopped = automationAnswer.extend({
  paused: z.array(z.string()),
  unreached: z.array(z.string()),
});
export type AutomationStopped = z.output<typeof automationStopped>;
