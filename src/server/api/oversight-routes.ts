/** The API's routes for what people do about runs that do not go on by themselves. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { LedgerStore } from "../../ports/ledger-store.ts";
import { findRunbook } from "../../runbooks/catalogue.ts";
import { abandonRun } from "../abandon.ts";
import { requireActing } from "../acting.ts";
import { requireRole } from "../identity.ts";
import { runsInFlight } from "../oversight.ts";
import { requireOurs } from "../runs.ts";
import { viewerOf } from "./callers.ts";
import { parseRequest, runParameters } from "./requests.ts";
import type { WorldApi } from "./world-api.ts";

const abandonRequest = z.strictObject({
  why: z.string().trim().min(1, "expected the reason, for whoever reads the ledger").max(1_000),
});

const DEADLINE_MS = 12_000;

export function addOversightRoutes(app: FastifyInstance, api: WorldApi): void {
  app.get("/v1/upgrade", async (request) => {
    viewerOf(request);
    const { here } = api.oversight;
    return { here, runs: await runsInFlight(api.oversight, AbortSignal.timeout(DEADLINE_MS)) };
  });
  app.post("/v1/runs/:id/abandon", async (request) => {
    const caller = viewerOf(request);
    const { id } = parseRequest(runParameters, request.params);
    const { why } = parseRequest(abandonRequest, request.body);
    requireRole(caller, "admin");
    await requireActing(api.acting);
    const signal = AbortSignal.timeout(DEADLINE_MS);
    // One that has no record yet may be abandoned all the same.
    if ((await api.runs.store.read(id)).length > 0) await requireOurs(api.runs, id, signal);
    const queuesFor = await locksOf(api, api.runs.store, id);
    return await abandonRun(api.oversight, { run: id, why, queuesFor }, caller, signal);
  });
}

/** The locks that the run may still be waiting for; none when its order cannot be read as one of today's. */
async function locksOf(api: WorldApi, store: LedgerStore, run: string): Promise<readonly string[]> {
  const started = (await store.read(run)).at(0)?.data ?? {};
  const name = started["runbook"];
  const binding =
    typeof name === "string" ? findRunbook(name)?.bind(started["input"], api.context) : undefined;
  return binding?.ok === true ? binding.bound.locks : [];
}
