/** The API's route for what is begun at its time. */
import type { FastifyInstance } from "fastify";
import { showSchedule, type ScheduleParts } from "../schedule-view.ts";
import { viewerOf } from "./callers.ts";

const DEADLINE_MS = 12_000;

export function addScheduleRoutes(app: FastifyInstance, parts: ScheduleParts): void {
  app.get("/v1/schedule", async (request) => {
    viewerOf(request);
    return await showSchedule(parts, AbortSignal.timeout(DEADLINE_MS));
  });
}
