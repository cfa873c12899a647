/**
 * Has one cluster of a cloud die, and stay dead until it is told to live again: its agent kills the pods, starts none, and
 * answers for it as for a cluster that cannot be reached. It is told again and again: an agent that begins anew has forgotten.
 */
import { z } from "zod";
import type { ControlClient } from "../control-client.ts";

const answer = z.object({ killed: z.int() });
const tellEveryMs = 500;
const answerWithinMs = 5_000;

export class ClusterFaults {
  readonly #agents: Readonly<Record<string, ControlClient>>;
  /** By cluster. */
  readonly #rounds = new Map<string, NodeJS.Timeout>();
  /** What is being said just now, by cluster. */
  readonly #telling = new Map<string, Promise<void>>();

  constructor(agents: Readonly<Record<string, ControlClient>>) {
    this.#agents = agents;
  }

  /** How many pods were killed: none runs when this answers. Throws when the cloud's agent does not answer. */
  async begin(cloud: string, cluster: string): Promise<number> {
    const killed = await this.#tell(cloud, cluster, true);
    const timer = setInterval(() => {
      // Who does not answer now is told at the next look.
      this.#telling.set(
        cluster,
        this.#tell(cloud, cluster, true).then(
          () => undefined,
          () => undefined,
        ),
      );
    }, tellEveryMs);
    this.#rounds.set(cluster, timer);
    return killed;
  }

  async end(cloud: string, cluster: string): Promise<void> {
    this.forget(cluster);
    // What is under way must not land behind it.
    await this.#telling.get(cluster);
    this.#telling.delete(cluster);
    await this.#tell(cloud, cluster, false);
  }

  /** Tells nobody any more. */
  forget(cluster: string): void {
    clearInterval(this.#rounds.get(cluster));
    this.#rounds.delete(cluster);
  }

  close(): void {
    for (const cluster of this.#rounds.keys()) this.forget(cluster);
  }

  async #tell(cloud: string, cluster: string, down: boolean): Promise<number> {
    const agent = this.#agents[cloud];
    if (agent === undefined) throw new RangeError(`no agent in ${cloud}`);
    const path = `/v1/injected-fault/${encodeURIComponent(cluster)}`;
    const order = { method: "PUT", path, body: { down }, withinMs: answerWithinMs } as const;
    const { killed } = await agent.change(order, answer, AbortSignal.timeout(answerWithinMs));
    return killed;
  }
}
