/** What comes over a thread's channel gets its type here. Both ends are this program, but a patched copy may be one of them. */
import { z } from "zod";
import type { Answer, Asked, WorkerGround } from "./jobs.ts";

const ground = z.looseObject({ ground: z.looseObject({}) });
const asked = z.looseObject({ id: z.int(), job: z.looseObject({ kind: z.string() }) });
const answer = z.union([
  z.looseObject({ id: z.int(), failed: z.string() }),
  z.looseObject({ id: z.int(), done: z.looseObject({ kind: z.string() }) }),
]);

export function parseGround(raw: unknown): WorkerGround {
  ground.parse(raw);
  return raw as WorkerGround;
}

export function parseAsked(raw: unknown): Asked {
  asked.parse(raw);
  return raw as Asked;
}

export function parseAnswer(raw: unknown): Answer {
  answer.parse(raw);
  return raw as Answer;
}
