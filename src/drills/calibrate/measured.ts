/**
 * What a drill's records say of how long things take in the local world, in the model's own terms (`ranges.ts`).
 *
 * 1. From raw records alone: an act from its intent to its effector's answer, pods from the intent to the proof that they
 *    are ready, a request from when it was sent to its answer. What the engine itself adds is in them.
 * 2. An act that was tried again says nothing of how long one try takes, and is left out. So is a request that was on its way
 *    while something was wrong on purpose: the model's range is of those that are served well.
 */
import { z } from "zod";
import type { LedgerEvent } from "../../domain/ledger.ts";

export const MEASURED = [
  "podReadyMs",
  "podEndsMs",
  "promoteMs",
  "stopMs",
  "startMs",
  "followMs",
  "settingMs",
  "requestMs",
] as const;
export type Measured = (typeof MEASURED)[number];
/** ms, in the order in which they came. */
export type Samples = ReadonlyMap<Measured, readonly number[]>;

const BY_OP: Readonly<Record<string, Measured>> = {
  promote: "promoteMs",
  "stop-cleanly": "stopMs",
  "start-as-primary": "startMs",
  follow: "followMs",
  "block-writes": "settingMs",
  "unblock-writes": "settingMs",
  "set-synchronous": "settingMs",
  "create-slot": "settingMs",
  "drop-slot": "settingMs",
  detach: "settingMs",
  attach: "settingMs",
};

const scaling = z.object({
  before: z.object({ replicas: z.number() }),
  params: z.object({ replicas: z.number() }),
});

export type ClientLine = { readonly sent: number; readonly ended: number; readonly status: number | null };

/** That something began to be wrong with a cloud on purpose, or ended. `time`: on the clock of the clients, ms. */
export type Disturbance = {
  readonly time: number;
  readonly what: "begin" | "end";
  readonly cloud: string;
};

/** `disturbances`: in their order. */
export function samplesOf(
  events: readonly LedgerEvent[],
  clients: readonly ClientLine[],
  disturbances: readonly Disturbance[] = [],
): Samples {
  const found = new Map<Measured, number[]>(MEASURED.map((name) => [name, []]));
  const add = (name: Measured, ms: number) => found.get(name)?.push(ms);
  const open = new Map<string, LedgerEvent>();
  for (const event of events) {
    const { type, run, time, data } = event;
    const of = JSON.stringify([run, data["step"], data["op"], data["target"]]);
    const began = open.get(of);
    if (type === "act-intended") open.set(of, event);
    if (began === undefined) continue;
    if (type === "act-retried") open.delete(of);
    const name = BY_OP[typeof data["op"] === "string" ? data["op"] : ""];
    if (type === "act-done" && name !== undefined) add(name, time - began.time);
    if (type === "act-verified" && data["op"] === "scale") {
      const raised = isRaise(began);
      if (raised !== null) add(raised ? "podReadyMs" : "podEndsMs", time - began.time);
    }
  }
  for (const { sent, ended } of servedWell(clients, disturbances)) add("requestMs", ended - sent);
  return found;
}

function servedWell(clients: readonly ClientLine[], disturbances: readonly Disturbance[]): ClientLine[] {
  const spans = spansOf(disturbances);
  return clients
    .filter(({ status }) => status !== null && status < 500)
    .filter(({ sent, ended }) => !spans.some(({ fromMs, toMs }) => sent <= toMs && ended >= fromMs));
}

/** What never ended lasts for ever. */
function spansOf(disturbances: readonly Disturbance[]) {
  return disturbances
    .filter(({ what }) => what === "begin")
    .map(({ time, cloud }) => {
      const end = disturbances.find((one) => one.what === "end" && one.cloud === cloud && one.time >= time);
      return { fromMs: time, toMs: end?.time ?? Infinity };
    });
}

/** Null where the intent does not say how many pods there were. */
function isRaise({ data }: LedgerEvent): boolean | null {
  const { before, params } = scaling.safeParse(data).data ?? {};
  return before === undefined || params === undefined ? null : params.replicas > before.replicas;
}
