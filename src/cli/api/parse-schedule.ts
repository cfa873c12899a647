/** What the orchestrator answers of what is begun at its time. */
import { z } from "zod";
import { MODES } from "../../domain/automatic-actions.ts";

const moment = { dueMs: z.number(), due: z.string() };
const ordered = { runbook: z.string(), input: z.record(z.string(), z.json()) };
export const scheduleAnswer = z.object({
  profile: z.string(),
  entries: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      cron: z.string(),
      timeZone: z.string(),
      ...ordered,
      back: z.object(ordered).nullable(),
      missed: z.string(),
      within: z.number(),
      mode: z.enum(MODES),
      /** Null: it is for all. */
      profile: z.string().nullable(),
      /** Whether it is for the profile that runs here. */
      here: z.boolean(),
      next: z.array(z.object(moment)),
      waiting: z.object({ ...moment, why: z.string().nullable() }).nullable(),
      open: z.object({ run: z.string(), stage: z.enum(["there", "to-go-back", "back"]) }).nullable(),
      last: z
        .object({ ...moment, outcome: z.string(), run: z.string().nullable(), why: z.string() })
        .nullable(),
    }),
  ),
});
export type ScheduleAnswer = z.output<typeof scheduleAnswer>;
