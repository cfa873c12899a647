// Why: drills need a backend that is sick and not dead: one that answers late, or with errors. Nobody has it on call when
// the service really runs.
//
// 1. There is no such thing unless the environment names a file with a token (WILDCAM_FAULT_TOKEN_FILE), as the local
//    world's does. Without it the path below is as unknown as any other.
// 2. Only who has the token can look at a fault, set it or end it, and nobody through the edge: what was forwarded is not heard.
// 3. A fault strikes every request alike, those of probes included, but never its own control.

import { timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { errorReply } from "./reply.ts";
import type { Reply } from "./reply.ts";
import type { PodRequest } from "./routes.ts";

export type InjectedFault = {
  /** How late answers come. */
  readonly delayMs: number;
  readonly delayedPercent: number;
  /** How many are answered with 500 and nothing else. */
  readonly failedPercent: number;
};

type Answer = (request: PodRequest) => Promise<Reply>;

const none: InjectedFault = { delayMs: 0, delayedPercent: 0, failedPercent: 0 };
const longestDelayMs = 60_000;
const path = "/injected-fault";
const expected = `Send JSON with delayMs (0 to ${longestDelayMs}), delayedPercent and failedPercent (0 to 100).`;

type Chances = {
  /** In [0, 1). */
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
};

/** The pod's answers with the fault in front of them. */
export function faulty(
  answer: Answer,
  token: string,
  { random, wait }: Chances = { random: Math.random, wait: sleep },
): Answer {
  let fault = none;
  const strikes = (percent: number): boolean => percent > 0 && random() * 100 < percent;
  return async (request) => {
    if (isControl(request, token)) {
      const wanted = request.method === "PUT" ? readFault(await request.body()) : fault;
      if (wanted === null) return errorReply(400, "fault", expected);
      fault = wanted;
      return { status: 200, body: fault };
    }
    if (strikes(fault.delayedPercent)) await wait(fault.delayMs);
    if (strikes(fault.failedPercent))
      return errorReply(500, "injected", "This pod was told to fail. ./wildcam local fault heal ends that.");
    return await answer(request);
  };
}

function isControl(request: PodRequest, token: string): boolean {
  if (request.path !== path || request.header("via") !== undefined) return false;
  const wanted = Buffer.from(`Bearer ${token}`);
  const given = Buffer.from(request.header("authorization") ?? "");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Null when it is none. */
function readFault(text: string): InjectedFault | null {
  try {
    const document: unknown = JSON.parse(text);
    const fields = new Map(Object.entries(document ?? {}));
    const number = (name: string, most: number): number => {
      const value: unknown = fields.get(name);
      if (typeof value === "number" && value >= 0 && value <= most) return value;
      throw new RangeError(name);
    };
    return {
      delayMs: number("delayMs", longestDelayMs),
      delayedPercent: number("delayedPercent", 100),
      failedPercent: number("failedPercent", 100),
    };
  } catch {
    return null;
  }
}
