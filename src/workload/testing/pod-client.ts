// Why: tests ask a pod as a client does, and look at no more than what a client sees.

import { fetch } from "undici";
import type { RequestInit } from "undici";

export type Answer = {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly connection: string | null;
  readonly replayed: string | null;
  readonly body: Readonly<Record<string, unknown>>;
};

/** One request. Rejects when there is no answer, or none in JSON. */
export async function answer(url: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const reply = await fetch(`${url}${path}`, init);
  const document: unknown = await reply.json();
  return {
    status: reply.status,
    retryAfter: reply.headers.get("retry-after"),
    connection: reply.headers.get("connection"),
    replayed: reply.headers.get("idempotency-replayed"),
    body: typeof document === "object" && document !== null ? { ...document } : {},
  };
}

/** A write, with or without a key. */
export async function post(
  url: string,
  key: string | undefined,
  body: unknown,
): Promise<Omit<Answer, "connection">> {
  const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
  const { connection: _connection, ...rest } = await answer(url, "/observations", {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return rest;
}
