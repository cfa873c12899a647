/** Calls into Restate: register the worker, start runs, speak to them. Each call has a deadline, and any member will do. */
import { refused } from "../../ports/errors.ts";
import type { RunEngine } from "../../ports/run-engine.ts";
import { askEngine, type EngineCall, unexpected } from "./ask-engine.ts";

/** `ingressUrls`: of all members, this one's first. */
export function restateRuns(...ingressUrls: readonly string[]): RunEngine {
  const to = (path: string, body: unknown, signal: AbortSignal) => ({
    urls: ingressUrls,
    path,
    body,
    signal,
    twice: true,
  });
  return {
    start: async (run, order, signal) => {
      // 409: the workflow of this id was submitted before.
      await post(to(`/run/${encodeURIComponent(run)}/run/send`, order, signal), [200, 202, 409]);
    },
    ready: async (signal) => {
      await post(to("/acting/answer", null, signal), [200]);
    },
    tell: async (run, command, signal) => {
      const call = to(`/run/${encodeURIComponent(run)}/tell`, command, signal);
      await post({ ...call, twice: false }, [200]);
    },
  };
}

/**
 * Makes this worker the deployment that new runs go to. The code version is in the path, because a changed program
 * behind an address that is known already would not be noticed.
 */
export async function registerWorker(
  adminUrls: readonly string[],
  workerUrl: string,
  signal: AbortSignal,
): Promise<void> {
  await post(
    { urls: adminUrls, path: "/deployments", body: { uri: workerUrl }, signal, twice: true },
    [200, 201],
  );
}

async function post(call: Omit<EngineCall, "method">, expected: readonly number[]): Promise<string> {
  const answer = await askEngine({ method: "POST", ...call });
  if (expected.includes(answer.status)) return answer.text;
  if (answer.status === 409) throw refused(`the run takes no more commands: ${answer.text.slice(0, 300)}`);
  throw unexpected(answer);
}
