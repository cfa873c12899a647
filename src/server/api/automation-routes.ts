/** The API's routes for what happens by itself. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { AUTOMATIC_ACTIONS, MODES } from "../../domain/automatic-actions.ts";
import {
  type AutomationParts,
  setMode,
  showAutomation,
  startAutomation,
  stopAutomation,
} from "../automation-control.ts";
import { viewerOf } from "./callers.ts";
import { parseRequest } from "./requests.ts";

const modeRequest = z.strictObject({ action: z.enum(AUTOMATIC_ACTIONS), mode: z.enum(MODES) });
const stopRequest = z.strictObject({ why: z.string().max(1_000).default("") });
const startRequest = z.strictObject({});

const DEADLINE_MS = 12_000;

export function addAutomationRoutes(app: FastifyInstance, parts: AutomationParts): void {
  const soon = () => AbortSignal.timeout(DEADLINE_MS);
  app.get("/v1/automation", async (request) => {
    viewerOf(request);
    return await showAutomation(parts, soon());
  });
  app.post("/v1/automation/modes", async (request) => {
    const caller = viewerOf(request);
    return await setMode(parts, parseRequest(modeRequest, request.body), caller, soon);
  });
  app.post("/v1/automation/stop", async (request) => {
    const caller = viewerOf(request);
    const { why } = parseRequest(stopRequest, request.body);
    return await stopAutomation(parts, why, caller, soon);
  });
  app.post("/v1/automation/start", async (request) => {
    const caller = viewerOf(request);
    parseRequest(startRequest, request.body);
    return await startAutomation(parts, caller, soon);
  });
}
