/** The orchestrator's API as commands use it. Every failure leaves here as a `CliError` with its exit code. */
import type { z } from "zod";
import type { JsonObject } from "../../domain/json.ts";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { Secret } from "../../domain/secret.ts";
import type { Context, HttpRequest, Outside } from "../context.ts";
import { CliError, failed, interrupted, unreachable } from "../errors.ts";
import { EXIT, type Exit } from "../exit.ts";
import { type AnyMember, anyMember } from "./any-member.ts";
import {
  type AbandonedAnswer,
  abandonedAnswer,
  approvalsAnswer,
  type CloudsAnswer,
  cloudsAnswer,
  doneAnswer,
  type ErrorAnswer,
  errorAnswer,
  eventsAnswer,
  locksAnswer,
  parseAnswer,
  type PendingApproval,
  peopleAnswer,
  personAnswer,
  type PlanAnswer,
  planAnswer,
  type RunAnswer,
  type RunCommand,
  runAnswer,
  runbooksAnswer,
  runsAnswer,
  type ShownLock,
  type ShownPerson,
  type ShownRun,
  startedAnswer,
  toldAnswer,
  type StatusAnswer,
  statusAnswer,
  type TrafficAnswer,
  trafficAnswer,
  type UpgradeAnswer,
  upgradeAnswer,
} from "./parse-answers.ts";
import {
  type AutomationAnswer,
  automationAnswer,
  type AutomationStopped,
  automationStopped,
} from "./parse-automation.ts";
import { type ScheduleAnswer, scheduleAnswer } from "./parse-schedule.ts";

export type RunbookOrder = { readonly runbook: string; readonly input: JsonObject };
export type RunOrder = RunbookOrder & {
  readonly planHash: string | null;
  readonly wait: boolean;
  readonly preempt: boolean;
  readonly overrides: readonly string[];
};
export type CommandOrder = {
  readonly run: string;
  readonly command: RunCommand;
  readonly why: string;
  readonly guard: string | null;
};
export type ApprovalOrder = {
  readonly run: string;
  readonly hash: string;
  readonly decision: "approve" | "reject";
  readonly why: string | null;
  readonly startWithinMs: number | null;
  readonly finishWithinMs: number | null;
};

/** The token itself stays where it was made. */
export type PersonOrder = {
  readonly name: string;
  readonly roles: readonly string[];
  readonly mail: string;
  readonly sha256: string;
  readonly expiresInMs: number | null;
};

export type Api = {
  status(): Promise<StatusAnswer>;
  clouds(): Promise<CloudsAnswer>;
  plan(order: RunbookOrder): Promise<PlanAnswer>;
  start(order: RunOrder): Promise<string>;
  runs(): Promise<readonly ShownRun[]>;
  run(run: string): Promise<RunAnswer>;
  locks(): Promise<readonly ShownLock[]>;
  /** Events with an index above `after`; waits up to `waitMs` while there are none. */
  events(run: string, after: number, waitMs: number): Promise<readonly LedgerEvent[]>;
  approvals(): Promise<readonly PendingApproval[]>;
  decide(order: ApprovalOrder): Promise<void>;
  /** Answers the index of the last event before it was told. */
  tell(order: CommandOrder): Promise<number>;
  abandon(run: string, why: string): Promise<AbandonedAnswer>;
  upgrade(): Promise<UpgradeAnswer>;
  traffic(): Promise<TrafficAnswer>;
  automation(): Promise<AutomationAnswer>;
  setAutomation(order: { readonly action: string; readonly mode: string }): Promise<AutomationAnswer>;
  stopAutomation(why: string): Promise<AutomationStopped>;
  startAutomation(): Promise<AutomationAnswer>;
  schedule(): Promise<ScheduleAnswer>;
  people(): Promise<readonly ShownPerson[]>;
  addPerson(order: PersonOrder): Promise<ShownPerson>;
  revokePerson(name: string): Promise<void>;
  runbooks(): Promise<readonly { readonly name: string; readonly summary: string }[]>;
};

export type Line = {
  /** Of all members; any does. */
  readonly urls: readonly string[];
  readonly token: Secret;
  readonly send: Outside["send"];
  readonly signal: AbortSignal;
  /** What to type when nobody answers. */
  readonly next: string;
  readonly again: Context["again"];
};

// Reading the world may take the server as long as its slowest part; a person waits this long and no longer.
const DEADLINE_MS = 15_000;

export function apiClient({ urls, send, ...rest }: Line): Api {
  const line = { ...rest, ask: anyMember(urls, send) };
  const get = <T>(path: string, schema: z.ZodType<T>, deadlineMs = DEADLINE_MS) =>
    call(line, { method: "GET", path, deadlineMs }, schema);
  const post = <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    call(line, { method: "POST", path, body, deadlineMs: DEADLINE_MS }, schema);
  const runPath = (run: string) => `/v1/runs/${encodeURIComponent(run)}`;
  return {
    status: () => get("/v1/status", statusAnswer),
    clouds: () => get("/v1/clouds", cloudsAnswer),
    plan: ({ runbook, input }) => post("/v1/plans", { runbook, input }, planAnswer),
    start: async ({ runbook, input, planHash, ...how }) => {
      const hash = planHash === null ? {} : { planHash };
      return (await post("/v1/runs", { runbook, input, ...how, ...hash }, startedAnswer)).run;
    },
    runs: async () => (await get("/v1/runs", runsAnswer)).runs,
    run: (run) => get(runPath(run), runAnswer),
    locks: async () => (await get("/v1/locks", locksAnswer)).locks,
    events: async (run, after, waitMs) =>
      (
        await get(
          `${runPath(run)}/events?after=${after}&waitMs=${waitMs}`,
          eventsAnswer,
          waitMs + DEADLINE_MS,
        )
      ).events,
    approvals: async () => (await get("/v1/approvals", approvalsAnswer)).approvals,
    decide: async ({ run, why, ...decision }) => {
      await post(`${runPath(run)}/approvals`, { ...decision, ...(why === null ? {} : { why }) }, doneAnswer);
    },
    tell: async ({ run, guard, ...order }) => {
      const named = guard === null ? {} : { guard };
      return (await post(`${runPath(run)}/commands`, { ...order, ...named }, toldAnswer)).after;
    },
    abandon: (run, why) => post(`${runPath(run)}/abandon`, { why }, abandonedAnswer),
    upgrade: () => get("/v1/upgrade", upgradeAnswer),
    traffic: () => get("/v1/traffic", trafficAnswer),
    automation: () => get("/v1/automation", automationAnswer),
    setAutomation: (order) => post("/v1/automation/modes", order, automationAnswer),
    stopAutomation: (why) => post("/v1/automation/stop", { why }, automationStopped),
    startAutomation: () => post("/v1/automation/start", {}, automationAnswer),
    schedule: () => get("/v1/schedule", scheduleAnswer),
    people: async () => (await get("/v1/people", peopleAnswer)).people,
    addPerson: async (order) => (await post("/v1/people", order, personAnswer)).person,
    revokePerson: async (name) => {
      await post(`/v1/people/${encodeURIComponent(name)}/revocation`, {}, doneAnswer);
    },
    runbooks: async () => (await get("/v1/runbooks", runbooksAnswer)).runbooks,
  };
}

type Wanted = {
  readonly method: HttpRequest["method"];
  readonly path: string;
  readonly body?: unknown;
  readonly deadlineMs: number;
};

type Open = Omit<Line, "urls" | "send"> & { readonly ask: AnyMember };

async function call<T>(
  line: Open,
  { method, path, body, deadlineMs }: Wanted,
  schema: z.ZodType<T>,
): Promise<T> {
  const { token, ask, signal, next, again } = line;
  const answer = await ask({ method, path, token, body: body ?? null, deadlineMs, signal });
  const { url } = answer;
  if (signal.aborted) throw interrupted();
  if (answer.status === null) {
    throw unreachable({ what: `the orchestrator at ${url} does not answer`, why: answer.text, next });
  }
  if (answer.status < 300) {
    const parsed = parseAnswer(schema, answer.text);
    if (parsed !== null) return parsed;
    const why = "its version is another than this program's, or something else listens there";
    throw failed({
      what: `${method} ${path} was answered in a form that is not known here`,
      why,
      next: "./wildcam local status",
    });
  }
  const told = parseAnswer(errorAnswer, answer.text);
  if (told !== null) throw toldError(told.error, again);
  const why = `${method} ${path} was answered ${answer.status}`;
  throw unreachable({ what: `what listens at ${url} is no orchestrator`, why, next });
}

const EXIT_OF: Readonly<Record<ErrorAnswer["code"], Exit>> = {
  malformed: EXIT.malformed,
  "not-found": EXIT.malformed,
  unauthenticated: EXIT.notAllowed,
  "not-allowed": EXIT.notAllowed,
  refused: EXIT.refused,
  failed: EXIT.failed,
  unavailable: EXIT.unreachable,
};

function toldError({ code, what, why, next, facts }: ErrorAnswer, again: Context["again"]): CliError {
  // The server knows the program's name, not the way to it nor the flags that led here.
  const [program, ...words] = next.split(" ");
  return new CliError({
    exit: EXIT_OF[code],
    code,
    what,
    why,
    next: program === "wildcam" ? again(words) : next,
    facts,
  });
}
