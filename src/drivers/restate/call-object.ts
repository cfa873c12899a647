/** Calls a handler of a virtual object through the ingress of any engine, with a deadline. */
import { request } from "undici";
import { retryable, terminal } from "../../ports/errors.ts";
import { anyEngine } from "./any-engine.ts";

const DEADLINE_MS = 5_000;

/** What is heard or set twice is as if it had been once. */
export async function callObject(
  urls: readonly string[],
  path: string,
  { order, signal }: { readonly order: object; readonly signal: AbortSignal },
): Promise<unknown> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  let answer: { readonly status: number; readonly text: string };
  try {
    const { statusCode, body: stream } = await anyEngine({ urls, twice: true }, (url) =>
      request(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(order),
        signal: bounded,
      }),
    );
    answer = { status: statusCode, text: await stream.text() };
  } catch (error) {
    throw retryable(
      `the durable engine does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (answer.status === 200) return JSON.parse(answer.text);
  const words = `the durable engine answered ${answer.status}: ${answer.text.slice(0, 300)}`;
  throw answer.status >= 500 ? retryable(words) : terminal(words);
}
