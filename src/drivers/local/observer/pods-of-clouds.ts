/**
 * Which pods there are, as the clouds' agents tell, and as last told while an agent is silent: a cloud that is gone is
 * watched on where it was.
 *
 * An empty list is believed only when none is wanted. An agent that has just begun anew may not know its pods yet, and pods
 * that die as soon as they start are no reason to look away.
 */
import { z } from "zod";
import { type ControlClient, controlClient } from "../control-client.ts";
import type { Secret } from "../../../domain/secret.ts";

const endpoints = z.array(z.object({ cluster: z.string(), url: z.url(), pid: z.int() }));
const wanted = z.record(z.string(), z.object({ replicas: z.int() }));

export type KnownPod = { readonly url: string; readonly pid: number };

export class PodsOfClouds {
  readonly #agents: ReadonlyMap<string, ControlClient>;
  readonly #clusters: Readonly<Record<string, { readonly cloud: string }>>;
  readonly #pods = new Map<string, readonly KnownPod[]>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(
    agents: Readonly<Record<string, { readonly url: string; readonly token: Secret }>>,
    clusters: Readonly<Record<string, { readonly cloud: string }>>,
  ) {
    this.#clusters = clusters;
    this.#agents = new Map(
      Object.entries(agents).map(([cloud, at]) => [
        cloud,
        controlClient(`agent ${cloud}`, { ...at, readWithinMs: withinMs }),
      ]),
    );
  }

  /** Null: its agent has never said. */
  of(cluster: string): readonly KnownPod[] | null {
    return this.#pods.get(cluster) ?? null;
  }

  /** Asks the cloud's agent, once at a time. A silent one changes nothing. */
  async ask(cloud: string): Promise<void> {
    const asking = this.#asking.get(cloud) ?? this.#ask(cloud).catch(() => undefined);
    this.#asking.set(cloud, asking);
    await asking;
    this.#asking.delete(cloud);
  }

  async #ask(cloud: string): Promise<void> {
    const agent = this.#agents.get(cloud);
    if (agent === undefined) return;
    const signal = AbortSignal.timeout(withinMs);
    const [listed, wantedOf] = await Promise.all([
      agent.read("/v1/endpoints", endpoints, signal),
      agent.read("/v1/wanted", wanted, signal),
    ]);
    for (const [cluster, of] of Object.entries(this.#clusters)) {
      if (of.cloud !== cloud) continue;
      const pods = listed.filter((pod) => pod.cluster === cluster).map(({ url, pid }) => ({ url, pid }));
      const known = this.#pods.get(cluster) ?? [];
      const isBelieved = pods.length > 0 || (wantedOf[cluster]?.replicas ?? 0) === 0;
      this.#pods.set(cluster, isBelieved ? pods : known);
    }
  }
}

const withinMs = 800;
