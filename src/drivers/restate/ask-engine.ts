/** One request to the durable engine at any of its addresses, with a deadline. */
import { request } from "undici";
import { type PortError, retryable, terminal } from "../../ports/errors.ts";
import { anyEngine } from "./any-engine.ts";

const DEADLINE_MS = 5_000;

export type EngineCall = {
  readonly method: "POST" | "PATCH";
  readonly urls: readonly string[];
  readonly path: string;
  /** Null: none. */
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** Whether doing it twice is the same as doing it once. */
  readonly twice: boolean;
};

export type EngineAnswer = { readonly status: number; readonly text: string };

/** Throws `retryable` when none answers. */
export async function askEngine({
  method,
  urls,
  path,
  body,
  signal,
  twice,
}: EngineCall): Promise<EngineAnswer> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    const { statusCode, body: stream } = await anyEngine({ urls, twice }, (url) =>
      request(`${url}${path}`, {
        method,
        headers: {
          accept: "application/json",
          ...(body === null ? {} : { "content-type": "application/json" }),
        },
        body: body === null ? null : JSON.stringify(body),
        signal: bounded,
      }),
    );
    return { status: statusCode, text: await stream.text() };
  } catch (error) {
    throw retryable(
      `the durable engine does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What to make of an answer that is none of those that were to be expected. */
export function unexpected({ status, text }: EngineAnswer): PortError {
  const words = `the durable engine answered ${status}: ${text.slice(0, 300)}`;
  return status >= 500 ? retryable(words) : terminal(words);
}
