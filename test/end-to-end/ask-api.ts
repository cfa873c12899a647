/** The API as people have it: over the network, with the token of one of the world's people. */
import { join } from "node:path";
import { request } from "undici";
import { tokenIn } from "../../src/drivers/local/testing/shared-world.ts";

const WITHIN_MS = 15_000;

export type Asked = { readonly who?: string; readonly method?: "GET" | "POST"; readonly body?: object };

export async function askApi(
  at: { readonly apiUrl: string; readonly stateDir: string },
  path: string,
  { who = "olivia", method = "GET", body }: Asked = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await request(`${at.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokenIn(join(at.stateDir, "tokens", who)).reveal()}`,
      "content-type": "application/json",
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  return { status: answer.statusCode, body: await answer.body.json() };
}
