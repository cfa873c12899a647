/** Calls into Restate: register the worker, start runs, speak to them. Each call has a deadline. */
import { request } from "undici";
import { refused, retryable, terminal } from "../../ports/errors.ts";
import type { RunEngine } from "../../ports/run-engine.ts";

const DEADLINE_MS = 5_000;

export function restateRuns(ingressUrl: string): RunEngine {
  return {
    start: async (run, order, signal) => {
      // 409: the workflow of this id was submitted before.
      await post(`${ingressUrl}/run/${encodeURIComponent(run)}/run/send`, order, signal, [200, 202, 409]);
    },
    tell: async (run, command, signal) => {
      await post(`${ingressUrl}/run/${encodeURIComponent(run)}/tell`, command, signal, [200]);
    },
  };
}

/**
 * Makes this worker the deployment that new runs go to. The code version is in the path, because a changed program
 * behind an address that is known already would not be noticed.
 */
export async function registerWorker(
  adminUrl: string,
  workerUrl: string,
  signal: AbortSignal,
): Promise<void> {
  await post(`${adminUrl}/deployments`, { uri: workerUrl }, signal, [200, 201]);
}

async function post(
  url: string,
  body: unknown,
  signal: AbortSignal,
  expected: readonly number[],
): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  let status: number;
  let text: string;
  try {
    const answer = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: bounded,
    });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    throw retryable(
      `the durable engine does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (expected.includes(status)) return text;
  if (status >= 500) throw retryable(`the durable engine answered ${status}: ${text.slice(0, 300)}`);
  if (status === 409) throw refused(`the run takes no more commands: ${text.slice(0, 300)}`);
  throw terminal(`the durable engine answered ${status}: ${text.slice(0, 300)}`);
}
