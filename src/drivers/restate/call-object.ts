/** Calls a handler of a virtual object through the ingress of any engine, with a deadline. */
import { askEngine, unexpected } from "./ask-engine.ts";

/** What is heard or set twice is as if it had been once. */
export async function callObject(
  urls: readonly string[],
  path: string,
  { order, signal }: { readonly order: object; readonly signal: AbortSignal },
): Promise<unknown> {
  const answer = await askEngine({ method: "POST", urls, path, body: order, signal, twice: true });
  if (answer.status === 200) return JSON.parse(answer.text);
  throw unexpected(answer);
}
