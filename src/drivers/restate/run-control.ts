/**
 * The `RunControl` port over Restate's admin API: its tables of invocations and deployments, and `kill`.
 *
 * 1. Kill, not cancel: cancel asks the run's own code to end, which is what cannot be executed here.
 * 2. A run's code version is the last part of the address of the deployment that its invocation is pinned to.
 */
import { z } from "zod";
import { retryable } from "../../ports/errors.ts";
import type { RunControl } from "../../ports/run-control.ts";
import { askEngine, type EngineCall, unexpected } from "./ask-engine.ts";

const GONE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

const rows = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      run: z.string(),
      status: z.string(),
      endpoint: z.string().nullable().optional(),
    }),
  ),
});

const IN_FLIGHT = `select i.id as id, i.target_service_key as run, i.status as status, d.endpoint as endpoint
  from sys_invocation i left join sys_deployment d on i.pinned_deployment_id = d.id
  where i.target_service_name = 'run' and i.target_handler_name = 'run' and i.status <> 'completed'`;

export type EngineAddress = { readonly adminUrl: string; readonly ingressUrl: string };

/** `engines`: of all members, this one's first. */
export function restateRunControl(...engines: readonly EngineAddress[]): RunControl {
  const admin = engines.map(({ adminUrl }) => adminUrl);
  const ingress = engines.map(({ ingressUrl }) => ingressUrl);
  const list = async (signal: AbortSignal) => {
    const text = await call({
      method: "POST",
      urls: admin,
      path: "/query",
      body: { query: IN_FLIGHT },
      signal,
    });
    return rows.parse(JSON.parse(text)).rows;
  };
  const idOf = async (run: string, signal: AbortSignal) =>
    (await list(signal)).find((one) => one.run === run)?.id ?? null;
  return {
    inFlight: async (signal) =>
      (await list(signal)).map(({ run, status, endpoint }) => ({
        run,
        status,
        codeVersion: versionIn(endpoint),
      })),
    end: async (run, signal) => {
      const id = await idOf(run, signal);
      if (id === null) return false;
      await call({ method: "PATCH", urls: admin, path: `/invocations/${id}/kill`, body: null, signal });
      const untilMs = Date.now() + GONE_WITHIN_MS;
      while ((await idOf(run, signal)) !== null) {
        if (Date.now() > untilMs) throw retryable(`the durable engine did not end ${run} in time`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      return true;
    },
    giveBack: async (lock, run, signal) => {
      const path = `/lock/${encodeURIComponent(lock)}/release`;
      await call({ method: "POST", urls: ingress, path, body: { run }, signal });
    },
  };
}

function versionIn(endpoint: string | null | undefined): string | null {
  if (endpoint === null || endpoint === undefined || !URL.canParse(endpoint)) return null;
  return new URL(endpoint).pathname.split("/").findLast((part) => part !== "") ?? null;
}

async function call(of: Omit<EngineCall, "twice">): Promise<string> {
  const answer = await askEngine({ ...of, twice: true });
  if (answer.status < 300) return answer.text;
  throw unexpected(answer);
}
