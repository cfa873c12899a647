/**
 * Which pods there are, as the clouds' agents tell, and as last told while an agent is silent: a cloud that is gone is
 * watched on where it was.
 *
 * That outlives this process: one that starts anew beside a cloud that is gone would know nothing of it, and have no word.
 *
 * An empty list is believed only when none is wanted. An agent that has just begun anew may not know its pods yet, and pods
 * that die as soon as they start are no reason to look away.
 */
import { z } from "zod";
import { type ControlClient, controlClient } from "../control-client.ts";
import type { Secret } from "../../../domain/secret.ts";
import { readText, writeJson } from "../processes/files.ts";

const endpoints = z.array(z.object({ cluster: z.string(), url: z.url(), pid: z.int() }));
const wanted = z.record(z.string(), z.object({ replicas: z.int() }));

const knownPods = z.record(z.string(), z.array(z.object({ url: z.url(), pid: z.int() })));

export type KnownPod = { readonly url: string; readonly pid: number };

export class PodsOfClouds {
  readonly #agents: ReadonlyMap<string, ControlClient>;
  readonly #clusters: Readonly<Record<string, { readonly cloud: string }>>;
  readonly #pods: Map<string, readonly KnownPod[]>;
  readonly #file: string;
  readonly #asking = new Map<string, Promise<void>>();

  constructor(
    agents: Readonly<Record<string, { readonly url: string; readonly token: Secret }>>,
    of: { readonly clusters: Readonly<Record<string, { readonly cloud: string }>>; readonly file: string },
  ) {
    this.#clusters = of.clusters;
    this.#file = of.file;
    this.#pods = new Map(Object.entries(keptIn(of.file)));
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
    const before = JSON.stringify([...this.#pods]);
    for (const [cluster, of] of Object.entries(this.#clusters)) {
      if (of.cloud !== cloud) continue;
      const pods = listed.filter((pod) => pod.cluster === cluster).map(({ url, pid }) => ({ url, pid }));
      const known = this.#pods.get(cluster) ?? [];
      const isBelieved = pods.length > 0 || (wantedOf[cluster]?.replicas ?? 0) === 0;
      this.#pods.set(cluster, isBelieved ? pods : known);
    }
    if (JSON.stringify([...this.#pods]) !== before) writeJson(this.#file, Object.fromEntries(this.#pods));
  }
}

/** Nothing where it cannot be read: it is learnt again. */
function keptIn(file: string): z.infer<typeof knownPods> {
  try {
    return knownPods.parse(JSON.parse(readText(file) ?? "{}"));
  } catch {
    return {};
  }
}

const withinMs = 800;
