/** The HTTP API: who calls, what they ask, and the answer; no rule of the product lives here. */
import type { FastifyInstance } from "fastify";
import { nearestName } from "../../domain/names.ts";
import { SNAPSHOT_VERSION } from "../../domain/snapshot.ts";
import { forecastOf } from "../../engine/forecast.ts";
import { planRun, refusalsIn } from "../../engine/planning.ts";
import type { BoundRunbook } from "../../engine/runbook.ts";
import { sheetOf } from "../../engine/sheet.ts";
import { readSnapshot } from "../../engine/world.ts";
import { findRunbook, RUNBOOKS } from "../../runbooks/catalogue.ts";
import { actingState, requireActing } from "../acting.ts";
import { commandRun } from "../commands.ts";
import { standingOf } from "../oversight.ts";
import { requireRole } from "../identity.ts";
import { lockTable } from "../lock-table.ts";
import {
  allLedgers,
  decideApproval,
  eventsAfter,
  listRuns,
  pendingApprovals,
  showRun,
  startRun,
} from "../runs.ts";
import { addAutomationRoutes } from "./automation-routes.ts";
import { ALIVE, identifyCallers, noteRefusal, viewerOf } from "./callers.ts";
import { ApiError, apiErrorOf } from "./errors.ts";
import { addCloudRoutes, type Words } from "./cloud-routes.ts";
import { addOversightRoutes } from "./oversight-routes.ts";
import { addPeopleRoutes } from "./people-routes.ts";
import { addScheduleRoutes } from "./schedule-routes.ts";
import {
  approvalRequest,
  commandRequest,
  eventsQuery,
  parseRequest,
  planRequest,
  runParameters,
  runRequest,
} from "./requests.ts";
import type { WorldApi } from "./world-api.ts";

export type ApiDependencies = WorldApi & {
  /** What clouds say of themselves: shown, and given to nothing else. */
  readonly words: Words;
};

const READ_DEADLINE_MS = 5_000;

export function addRoutes(app: FastifyInstance, api: ApiDependencies): void {
  identifyCallers(app, api.people);
  app.setErrorHandler(async (raw, request, reply) => {
    const error = apiErrorOf(raw);
    await noteRefusal(api.audit, request, error);
    const { what, why, next, facts = {} } = error.words;
    await reply.status(error.status).send({ error: { code: error.code, what, why, next, facts } });
  });
  app.setNotFoundHandler(() => {
    throw new ApiError("not-found", {
      what: "there is no such address",
      why: "the API does not have it",
      next: "wildcam --help",
    });
  });
  addWorldRoutes(app, api);
  addPlanRoutes(app, api);
  addRunRoutes(app, api);
  addApprovalRoutes(app, api);
  addCommandRoutes(app, api);
  addCloudRoutes(app, api.board, api.words);
  addAutomationRoutes(app, {
    ...api.automation,
    audit: api.audit,
    runs: api.runs,
    requireActing: () => requireActing(api.acting),
  });
  addScheduleRoutes(app, {
    schedule: api.automation.schedule,
    inventory: api.context.inventory,
    profile: api.profile,
    clock: api.runs.clock,
  });
  addOversightRoutes(app, api);
  addPeopleRoutes(app, api.people);
}

function addWorldRoutes(app: FastifyInstance, api: ApiDependencies): void {
  app.get(ALIVE, async () => ({ member: api.acting.peers.self }));
  app.get("/v1/status", async (request) => {
    const you = viewerOf(request);
    const [snapshot, orchestrator] = await Promise.all([
      readSnapshot(api.world, deadline()),
      actingState(api.acting),
    ]);
    const runs = (await listRuns(api.runs)).filter(({ endedAtMs }) => endedAtMs === null);
    const observers = Math.min(...Object.values(snapshot.clouds).map((cloud) => cloud.observers));
    return { profile: api.profile, at: snapshot.takenAtMs, snapshot, observers, runs, you, orchestrator };
  });
  app.get("/v1/traffic", async (request) => {
    viewerOf(request);
    const { edge, health } = api.world;
    const [policy, clouds, window, demand] = await Promise.all([
      edge.policy(deadline()),
      health.verdicts(deadline()),
      edge.window(10_000, deadline()),
      edge.demand(deadline()),
    ]);
    return { policy, clouds, window, demand };
  });
  app.get("/v1/runbooks", async (request) => {
    viewerOf(request);
    return { runbooks: Object.values(RUNBOOKS).map(({ name, summary }) => ({ name, summary })) };
  });
}

function addPlanRoutes(app: FastifyInstance, api: ApiDependencies): void {
  app.post("/v1/plans", async (request) => {
    requireRole(viewerOf(request), "operator");
    const { runbook, input } = parseRequest(planRequest, request.body);
    const bound = bind(api, runbook, input);
    const snapshot = await readSnapshot(api.world, deadline());
    const plan = await planRun(bound, snapshot, api.planning);
    const forecast = forecastOf(plan, await api.pace.past(), api.pace.stated);
    const approval = api.approvalOf(bound.name);
    // Whoever asked may rehearse it from the same state; here that would hold up everybody else.
    const seen = { v: SNAPSHOT_VERSION, ...snapshot };
    return { plan, refusals: refusalsIn(plan), approval, profile: api.profile, forecast, seen };
  });
}

function addRunRoutes(app: FastifyInstance, api: ApiDependencies): void {
  app.post("/v1/runs", async (request, reply) => {
    const caller = viewerOf(request);
    requireRole(caller, "operator");
    const { runbook, input, planHash, wait, preempt, overrides } = parseRequest(runRequest, request.body);
    const bound = bind(api, runbook, input);
    const order = {
      runbook,
      input: bound.input,
      planHash: planHash ?? null,
      waitForLocks: wait ?? false,
      preempt,
      overrides,
    };
    await requireActing(api.acting);
    const run = await startRun(api.runs, order, caller, deadline());
    return reply.status(202).send({ run });
  });
  app.get("/v1/runs", async (request) => {
    viewerOf(request);
    const runs = [];
    for (const view of await listRuns(api.runs))
      runs.push({ ...view, standing: await standing(api, view.run) });
    return { runs };
  });
  app.get("/v1/locks", async (request) => {
    viewerOf(request);
    return { locks: lockTable(await allLedgers(api.runs)) };
  });
  app.get("/v1/runs/:id", async (request) => {
    viewerOf(request);
    const { id } = parseRequest(runParameters, request.params);
    const view = { ...(await showRun(api.runs, id)), standing: await standing(api, id) };
    return { view, sheet: sheetOf(await api.runs.store.read(id)) };
  });
  app.get("/v1/runs/:id/events", async (request) => {
    viewerOf(request);
    const { id } = parseRequest(runParameters, request.params);
    const want = parseRequest(eventsQuery, request.query);
    return {
      events: await eventsAfter(api.runs, id, want, AbortSignal.timeout(want.waitMs + READ_DEADLINE_MS)),
    };
  });
}

function addApprovalRoutes(app: FastifyInstance, api: ApiDependencies): void {
  app.get("/v1/approvals", async (request) => {
    viewerOf(request);
    return { approvals: await pendingApprovals(api.runs) };
  });
  app.post("/v1/runs/:id/approvals", async (request) => {
    const caller = viewerOf(request);
    requireRole(caller, "approver");
    const { id } = parseRequest(runParameters, request.params);
    const decision = parseRequest(approvalRequest, request.body);
    await requireActing(api.acting);
    await decideApproval(api.runs, { run: id, ...decision }, caller, deadline());
    return { ok: true };
  });
}

function addCommandRoutes(app: FastifyInstance, api: ApiDependencies): void {
  app.post("/v1/runs/:id/commands", async (request, reply) => {
    const caller = viewerOf(request);
    const { id } = parseRequest(runParameters, request.params);
    const order = parseRequest(commandRequest, request.body);
    await requireActing(api.acting);
    const after = await commandRun(api.runs, { run: id, ...order }, caller, deadline());
    return reply.status(202).send({ after });
  });
}

async function standing(api: ApiDependencies, run: string) {
  return await standingOf(api.oversight, await api.runs.store.read(run).catch(() => []));
}

function bind(api: ApiDependencies, name: string, input: unknown): BoundRunbook {
  const runbook = findRunbook(name);
  if (runbook === undefined) {
    const nearest = nearestName(name, Object.keys(RUNBOOKS));
    throw new ApiError("malformed", {
      what: `there is no runbook "${name}"`,
      why: `the runbooks are ${Object.keys(RUNBOOKS).join(", ")}`,
      next: nearest === undefined ? "wildcam runbook list" : `wildcam plan ${nearest}`,
    });
  }
  const binding = runbook.bind(input, api.context);
  if (binding.ok) return binding.bound;
  throw new ApiError("malformed", {
    what: binding.problems.join("; "),
    why: `this is not an input of ${name}`,
    next: `wildcam runbook page ${name}`,
  });
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(READ_DEADLINE_MS);
}
