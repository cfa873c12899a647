/** Calls into Restate: register the worker, start runs, speak to them. Each call has a deadline, and any member will do. */
import { request } from "undici";
import { refused, retryable, terminal } from "../../ports/errors.ts";
import type { RunEngine } from "../../ports/run-engine.ts";
import { anyEngine } from "./any-engine.ts";

const DEADLINE_MS = 5_000;

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

type Call = {
  readonly urls: readonly string[];
  readonly path: string;
  /** Null: none. */
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** Whether doing it twice is the same as doing it once. */
  readonly twice: boolean;
};

async function post({ urls, path, body, signal, twice }: Call, expected: readonly number[]): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  let status: number;
  let text: string;
  try {
    const answer = await anyEngine({ urls, twice }, (url) =>
      request(`${url}${path}`, {
        method: "POST",
        headers: body === null ? {} : { "content-type": "application/json" },
        body: body === null ? null : JSON.stringify(body),
        signal: bounded,
      }),
    );
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
