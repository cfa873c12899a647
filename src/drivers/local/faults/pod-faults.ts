/**
 * Has a cloud's pods answer late or with errors, also those that start while it lasts, until it is told to stop.
 *
 * It has stopped once every pod that lives was told so: one that is too busy to hear it at the first try would fail for ever,
 * and be taken for ill.
 */
import { request } from "undici";
import { z } from "zod";
import type { Secret } from "../../../domain/secret.ts";
import type { ControlClient } from "../control-client.ts";
import { pollUntil } from "../processes/wait.ts";
import type { FaultRow } from "./fault.ts";

type Wanted = { readonly delayMs: number; readonly delayedPercent: number; readonly failedPercent: number };

const none: Wanted = { delayMs: 0, delayedPercent: 0, failedPercent: 0 };
const endpoints = z.array(z.object({ url: z.url(), pid: z.int() }));
const lookEveryMs = 200;
const answerWithinMs = 1_000;
const endWithinMs = 15_000;

export class PodFaults {
  readonly #agents: Readonly<Record<string, ControlClient>>;
  readonly #token: Secret;
  readonly #rounds = new Map<string, Round>();

  constructor(agents: Readonly<Record<string, ControlClient>>, token: Secret) {
    this.#agents = agents;
    this.#token = token;
  }

  /** Every pod that there is has it when this answers. Throws when the cloud's agent or a pod does not answer. */
  async begin(row: FaultRow): Promise<void> {
    const wanted = wantedBy(row);
    const told = new Set<string>();
    await this.#tell(row.cloud, wanted, told);
    let telling: Promise<void> | null = null;
    const timer = setInterval(() => {
      // Who does not answer now is told at the next look.
      telling ??= this.#tell(row.cloud, wanted, told)
        .catch(() => undefined)
        .finally(() => {
          telling = null;
        });
    }, lookEveryMs);
    this.#rounds.set(row.cloud, { timer, told: async () => await telling });
  }

  /** Pods that are dead have nothing to be healed of. Throws when one that lives does not answer. */
  async end(cloud: string): Promise<void> {
    const round = this.#rounds.get(cloud);
    this.forget(cloud);
    // What is under way to a pod must not come behind this.
    await round?.told();
    const told = new Set<string>();
    let cause: unknown;
    const isOver = await pollUntil(
      async () =>
        await this.#tell(cloud, none, told).then(
          () => true,
          (error: unknown) => {
            cause = error;
          },
        ),
      { withinMs: endWithinMs, everyMs: lookEveryMs },
    );
    if (isOver === undefined) throw new Error(`pods of ${cloud} cannot be told to stop failing`, { cause });
  }

  /** Tells nobody any more; pods stay as they are. */
  forget(cloud: string): void {
    clearInterval(this.#rounds.get(cloud)?.timer);
    this.#rounds.delete(cloud);
  }

  async close(): Promise<void> {
    for (const cloud of this.#rounds.keys()) this.forget(cloud);
    await Promise.all(Object.values(this.#agents).map(async (agent) => await agent.close()));
  }

  async #tell(cloud: string, wanted: Wanted, told: Set<string>): Promise<void> {
    const agent = this.#agents[cloud];
    if (agent === undefined) throw new RangeError(`no agent in ${cloud}`);
    const pods = await agent.read("/v1/endpoints", endpoints, AbortSignal.timeout(answerWithinMs));
    const fresh = pods.filter(({ url, pid }) => !told.has(`${pid} ${url}`));
    await Promise.all(
      fresh.map(async ({ url, pid }) => {
        await this.#put(url, wanted).catch(unlessDead);
        told.add(`${pid} ${url}`);
      }),
    );
  }

  async #put(url: string, wanted: Wanted): Promise<void> {
    const answer = await request(`${url}/injected-fault`, {
      method: "PUT",
      headers: { authorization: `Bearer ${this.#token.reveal()}`, "content-type": "application/json" },
      body: JSON.stringify(wanted),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the pod at ${url} answered ${answer.statusCode}`);
  }
}

type Round = {
  readonly timer: NodeJS.Timeout;
  /** Nothing of it is under way any more. */
  readonly told: () => Promise<unknown>;
};

function unlessDead(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ECONNREFUSED")) throw error;
}

function wantedBy({ fault, delayMs, percent }: FaultRow): Wanted {
  if (fault === "slow") return { ...none, delayMs: delayMs ?? 0, delayedPercent: percent ?? 0 };
  return { ...none, failedPercent: percent ?? 0 };
}
