/**
 * The orchestrator's API as the command line meets it, without a socket: recorded answers, typed by the real types,
 * behind the very function that carries calls. A run is recorded as batches of events with the view after each.
 */
import type { LedgerEvent } from "../../domain/ledger.ts";
import type {
  AbandonedAnswer,
  CloudsAnswer,
  ErrorAnswer,
  PendingApproval,
  PlanAnswer,
  ShownLock,
  ShownPerson,
  ShownRun,
  StatusAnswer,
  TrafficAnswer,
  UpgradeAnswer,
} from "../api/parse-answers.ts";
import type { AutomationAnswer, AutomationStopped } from "../api/parse-automation.ts";
import type { ScheduleAnswer } from "../api/parse-schedule.ts";
import type { HttpAnswer, HttpRequest } from "../context.ts";

export type Fault = { readonly status: number; readonly error: ErrorAnswer };

export type RecordedRun = {
  readonly batches: readonly { readonly events: readonly LedgerEvent[]; readonly view: ShownRun }[];
  readonly sheet: readonly string[];
  /** The run is further than its events that were served so far, as a view may be that is asked for a moment later. */
  readonly ahead?: true;
};

export type Recorded = {
  readonly status?: StatusAnswer | Fault;
  readonly plan?: PlanAnswer | Fault;
  readonly start?: { readonly run: string } | Fault;
  readonly runs?: readonly ShownRun[];
  readonly run?: RecordedRun;
  readonly locks?: readonly ShownLock[];
  readonly approvals?: readonly PendingApproval[];
  /** The index of the last event before a command was told. */
  readonly told?: { readonly after: number } | Fault;
  readonly decide?: { readonly ok: true } | Fault;
  readonly abandon?: AbandonedAnswer | Fault;
  readonly upgrade?: UpgradeAnswer | Fault;
  readonly traffic?: TrafficAnswer;
  /** One after the other, the last one from then on. */
  readonly clouds?: readonly CloudsAnswer[];
  readonly automation?: AutomationAnswer | Fault;
  readonly automationStopped?: AutomationStopped | Fault;
  readonly schedule?: ScheduleAnswer;
  readonly people?: readonly ShownPerson[];
  readonly person?: { readonly person: ShownPerson } | Fault;
  readonly revoked?: { readonly ok: true } | Fault;
  readonly runbooks?: readonly { readonly name: string; readonly summary: string }[];
  /** How many calls from the first on nobody answers; all when true. */
  readonly silent?: number | true;
  /** A call's number, from 0, before which the person presses Ctrl-C. */
  readonly leavesBefore?: number;
};

export type FakeApi = {
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  /** `POST /v1/runs {...}`, in order. */
  readonly calls: readonly string[];
};

export function fakeApi(recorded: Recorded, leave: () => void = () => {}): FakeApi {
  const calls: string[] = [];
  let served = 0;
  const routes = routesOf(recorded, () => served);
  return {
    calls,
    send: async ({ method, url, body }) => {
      const { pathname, searchParams } = new URL(url);
      if (recorded.leavesBefore === calls.length) leave();
      calls.push(`${method} ${pathname}${body === null ? "" : ` ${JSON.stringify(body)}`}`);
      if (recorded.silent === true || calls.length <= (recorded.silent ?? 0))
        return { status: null, text: "nothing listens there" };
      if (pathname.endsWith("/events") && recorded.run !== undefined) {
        const after = Number(searchParams.get("after"));
        const next = recorded.run.batches[served];
        // Else a test that waits for more would wait for ever.
        if (next === undefined) throw new Error("the recording of the run is over");
        served += 1;
        return ok({ events: next.events.filter(({ index }) => index > after) });
      }
      const answer = routes[`${method} ${pathname}`]?.();
      if (answer !== undefined) return answer;
      return fault({
        status: 404,
        error: {
          code: "not-found",
          what: `there is no "${pathname}"`,
          why: "nothing has that name",
          next: "wildcam run list",
          facts: {},
        },
      });
    },
  };
}

function routesOf(
  recorded: Recorded,
  served: () => number,
): Readonly<Record<string, () => HttpAnswer | undefined>> {
  const one = (answer: object | Fault | undefined) => () =>
    answer === undefined ? undefined : isFault(answer) ? fault(answer) : ok(answer);
  const { run, clouds = [] } = recorded;
  let looks = 0;
  const name = run?.batches[0]?.view.run ?? "";
  return {
    "GET /v1/status": one(recorded.status),
    "POST /v1/plans": one(recorded.plan),
    "POST /v1/runs": one(recorded.start),
    "GET /v1/runs": one(recorded.runs && { runs: recorded.runs }),
    [`GET /v1/runs/${name}`]: () => run && ok(runAnswer(run, served())),
    "GET /v1/locks": one(recorded.locks && { locks: recorded.locks }),
    "GET /v1/approvals": one(recorded.approvals && { approvals: recorded.approvals }),
    [`POST /v1/runs/${name || "failover-1"}/approvals`]: one(recorded.decide),
    [`POST /v1/runs/${name || "failover-1"}/commands`]: one(recorded.told),
    "GET /v1/automation": one(recorded.automation),
    "POST /v1/automation/modes": one(recorded.automation),
    "POST /v1/automation/start": one(recorded.automation),
    "POST /v1/automation/stop": one(recorded.automationStopped),
    "GET /v1/schedule": one(recorded.schedule),
    "GET /v1/people": one(recorded.people && { people: recorded.people }),
    "POST /v1/people": one(recorded.person),
    "POST /v1/people/nina/revocation": one(recorded.revoked),
    "POST /v1/runs/failover-1/abandon": one(recorded.abandon),
    "GET /v1/upgrade": one(recorded.upgrade),
    "GET /v1/traffic": one(recorded.traffic),
    "GET /v1/clouds": () => {
      const answer = clouds[Math.min(looks, clouds.length - 1)];
      looks += 1;
      return answer && ok(answer);
    },
    "GET /v1/runbooks": one(recorded.runbooks && { runbooks: recorded.runbooks }),
  };
}

/** As it stands after the batches that were served; the first one for who only looks. */
function runAnswer({ batches, sheet, ahead }: RecordedRun, served: number): object {
  const shown = ahead ? batches : batches.slice(0, Math.max(1, served));
  const events = shown.reduce((sum, batch) => sum + batch.events.length, 0);
  return { view: { ...shown.at(-1)?.view, events }, sheet };
}

function isFault(answer: object): answer is Fault {
  return "error" in answer;
}

function ok(answer: object): HttpAnswer {
  return { status: 200, text: JSON.stringify(answer) };
}

function fault({ status, error }: Fault): HttpAnswer {
  return { status, text: JSON.stringify({ error }) };
}
