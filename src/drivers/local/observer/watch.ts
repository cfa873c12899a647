/**
 * Probes every cluster on both ways for as long as the process lives: about once a second each while all is well, and all pods
 * at once for a while after something looked wrong: about four times a second where it failed, twice where it was only slow,
 * since what is slow must not be given still more to do. Probes do not wait for each other: a cloud that is frozen holds nobody
 * up.
 */
import { Agent } from "undici";
import type { ClusterSight } from "../../../domain/verdicts/sighting.ts";
import { connectThrough } from "../../../links/connect-through.ts";
import {
  type EvidenceRules,
  hasFailed,
  isReached,
  isTroubled,
  type Probed,
  sightOf,
  type Trail,
  withProbe,
} from "./evidence.ts";
import type { PodsOfClouds } from "./pods-of-clouds.ts";
import { probe, type ProbeOf } from "./probe.ts";
import type { Stalls } from "./stalls.ts";

export type WatchParts = {
  /** Where this observer stands. */
  readonly cloud: string;
  readonly clusters: Readonly<Record<string, { readonly cloud: string }>>;
  readonly edgeUrl: string;
  /** By cloud: the link by which its pods are reached; null: as they are. */
  readonly podsThrough: Readonly<Record<string, number | null>>;
  readonly latencyMs: number;
  readonly pods: PodsOfClouds;
  readonly stalls: Stalls;
};

export type Watched = {
  readonly isolated: boolean;
  readonly clusters: Readonly<Record<string, ClusterSight>>;
};

type Round = { timer: NodeJS.Timeout | null; dueMs: number; number: number; troubledSinceMs: number | null };

export class Watch {
  readonly #parts: WatchParts;
  readonly #toEdge = connectionsThrough(null);
  /** By cloud. */
  readonly #toPods = new Map<string, Agent>();
  readonly #rounds = new Map<string, Round>();
  /** By what is probed: a pod's `url pid`, or the cluster through the edge. */
  readonly #trails = new Map<string, Trail>();
  readonly #inFlight = new Map<string, number>();
  #edgeReachedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    for (const [cloud, link] of Object.entries(parts.podsThrough))
      this.#toPods.set(cloud, connectionsThrough(link));
    for (const cluster of Object.keys(parts.clusters)) {
      const round = { timer: null, dueMs: 0, number: 0, troubledSinceMs: null };
      this.#rounds.set(cluster, round);
      this.#begin(cluster, round);
    }
  }

  view(): Watched {
    const nowMs = performance.now();
    const { cloud, clusters } = this.#parts;
    const rules = this.#rules(nowMs);
    const sights = Object.keys(clusters).map((cluster): [string, ClusterSight] => {
      const pods = this.#parts.pods.of(cluster);
      const trails = pods === null ? null : pods.map((pod) => this.#trail(keyOf(pod)));
      return [cluster, sightOf({ pods: trails, throughEdge: this.#trail(cluster) }, nowMs, rules)];
    });
    const others = sights.filter(([cluster]) => clusters[cluster]?.cloud !== cloud);
    const reachesEdge = nowMs - this.#edgeReachedMs < youngMs;
    const seesAnother = others.some(([, { state }]) => state === "answers" || state === "slow");
    return { isolated: !reachesEdge && !seesAnother, clusters: Object.fromEntries(sights) };
  }

  #rules(nowMs: number): EvidenceRules {
    const rules = { youngMs, slowMs: 2 * this.#parts.latencyMs, edgeLeads: false };
    const edgeLeads = [...this.#rounds.keys()].some((cluster) =>
      isReached(this.#trail(cluster), nowMs, rules),
    );
    return { ...rules, edgeLeads };
  }

  #trail(key: string): Trail {
    return this.#trails.get(key) ?? [];
  }

  #begin(cluster: string, round: Round): void {
    const cloud = this.#parts.clusters[cluster]?.cloud ?? "";
    const hurriesMs = this.#hurriesMs(cluster, round);
    round.number += 1;
    const path = round.number % 2 === 0 ? "/health" : "/ready";
    const pods = this.#parts.pods.of(cluster) ?? [];
    const next = pods.length === 0 ? [] : [pods[round.number % pods.length]];
    for (const pod of hurriesMs !== null ? pods.slice(0, podsMost) : next) {
      if (pod !== undefined) this.#send(cluster, keyOf(pod), { origin: pod.url, path, pinnedTo: null });
    }
    this.#send(cluster, cluster, { origin: this.#parts.edgeUrl, path, pinnedTo: cluster });
    // The clouds' lists are asked for beside: a silent agent must not hold probes up.
    if (round.number % 2 === 0 || pods.length === 0) void this.#parts.pods.ask(cloud);
    this.#schedule(cluster, round, hurriesMs ?? restMs * (0.95 + 0.1 * Math.random()));
  }

  #schedule(cluster: string, round: Round, inMs: number): void {
    clearTimeout(round.timer ?? undefined);
    round.dueMs = performance.now() + inMs;
    round.timer = setTimeout(() => this.#begin(cluster, round), inMs);
  }

  #send(cluster: string, key: string, of: ProbeOf): void {
    const inFlight = this.#inFlight.get(key) ?? 0;
    if (inFlight >= inFlightMost) return;
    this.#inFlight.set(key, inFlight + 1);
    const beganMs = performance.now();
    const toPods = this.#toPods.get(this.#parts.clusters[cluster]?.cloud ?? "");
    const connections = of.pinnedTo === null && toPods !== undefined ? toPods : this.#toEdge;
    void probe(connections, of).then((probed) => {
      // What waits in the sockets is read before silence is judged.
      setImmediate(() => {
        const left = (this.#inFlight.get(key) ?? 1) - 1;
        if (left > 0) this.#inFlight.set(key, left);
        else this.#inFlight.delete(key);
        if (of.pinnedTo !== null && probed.reached) this.#edgeReachedMs = probed.atMs;
        this.#take(cluster, key, beganMs, probed);
      });
    });
  }

  #take(cluster: string, key: string, beganMs: number, probed: Probed): void {
    const looksBad = isTroubled([probed], this.#rules(probed.atMs));
    if (looksBad && this.#parts.stalls.since(beganMs)) return;
    this.#trails.set(key, withProbe(this.#trail(key), probed));
    if (looksBad) this.#hurry(cluster);
    this.#forget();
  }

  #hurry(cluster: string): void {
    const round = this.#rounds.get(cluster);
    if (round === undefined) return;
    void this.#parts.pods.ask(this.#parts.clusters[cluster]?.cloud ?? "");
    const hurriesMs = this.#hurriesMs(cluster, round);
    if (hurriesMs !== null && round.dueMs - performance.now() > hurriesMs)
      this.#schedule(cluster, round, hurriesMs);
  }

  /** The pause between two rounds, ms; null: it does not hurry. For a while only: what stays dead need not be asked so often. */
  #hurriesMs(cluster: string, round: Round): number | null {
    const pods = this.#parts.pods.of(cluster) ?? [];
    const trails = [this.#trail(cluster), ...pods.map((pod) => this.#trail(keyOf(pod)))];
    const rules = { slowMs: 2 * this.#parts.latencyMs };
    if (!trails.some((trail) => isTroubled(trail, rules))) round.troubledSinceMs = null;
    else round.troubledSinceMs ??= performance.now();
    const hurries = round.troubledSinceMs !== null && performance.now() - round.troubledSinceMs < hurryForMs;
    if (!hurries) return null;
    return trails.some(hasFailed) ? hurriedMs : slowMs;
  }

  /** Of pods that are gone from the lists nothing is kept. */
  #forget(): void {
    const known = new Set(this.#rounds.keys());
    for (const cluster of this.#rounds.keys())
      for (const pod of this.#parts.pods.of(cluster) ?? []) known.add(keyOf(pod));
    for (const key of this.#trails.keys()) if (!known.has(key)) this.#trails.delete(key);
  }
}

function connectionsThrough(link: number | null): Agent {
  const usual = { connections: 4, keepAliveTimeout: 4_000 };
  return new Agent(link === null ? usual : { ...usual, connect: connectThrough(link, connectWithinMs) });
}

function keyOf({ url, pid }: { readonly url: string; readonly pid: number }): string {
  return `${url} ${pid}`;
}

const connectWithinMs = 1_000;
const restMs = 1_000;
const hurriedMs = 250;
const slowMs = 500;
const hurryForMs = 15_000;
const inFlightMost = 4;
const podsMost = 8;
const youngMs = 6_000;
