/**
 * What an observer's probes say of one cluster. Pure: it gets what probes brought and the moment, and answers a sight.
 *
 * Invariants
 * 1. Two ways lead to a cluster: past the edge, to each of its pods, and through the edge, as users go. It fails only where
 *    both do; where only users get no answer, it is slow (a verdict of `degraded`), and where only the observer gets none, the
 *    trouble is the observer's.
 * 2. A way through the edge on which no cluster at all can be reached says nothing of any of them.
 * 3. One pod is not the cluster: it fails when no pod answers, and is slow when less than half of them do as they should.
 * 4. One lost probe is nothing. A pod is gone after two in a row.
 * 5. A pod that drains is on its way out on purpose, and is not counted.
 * 6. Without evidence that is young enough nothing is said.
 */
import type { ClusterSight } from "../../../domain/verdicts/sighting.ts";

/** `tookMs` of a failed one: until it was given up. */
export type Probed = {
  readonly atMs: number;
  readonly result: "answered" | "failed" | "draining";
  readonly why: string;
  readonly tookMs: number;
};

/** The last probes of a pod, or of the way through the edge; the newest last. */
export type Trail = readonly Probed[];

/** `pods: null`: nobody has said yet which there are. */
export type ClusterEvidence = {
  readonly pods: readonly Trail[] | null;
  readonly throughEdge: Trail;
};

export type EvidenceRules = {
  /** What is older than this says nothing. */
  readonly youngMs: number;
  /** What takes longer is slow. */
  readonly slowMs: number;
  /** Some cluster can be reached through the edge. */
  readonly edgeLeads: boolean;
};

const KEPT = 8;

export function withProbe(trail: Trail, probed: Probed): Trail {
  return [...trail.slice(1 - KEPT), probed];
}

export function sightOf(evidence: ClusterEvidence, nowMs: number, rules: EvidenceRules): ClusterSight {
  const direct = pastTheEdge(evidence.pods, nowMs, rules);
  if (direct.state === "unseen" || !rules.edgeLeads) return direct;
  const users = stateOf(young(evidence.throughEdge, nowMs, rules), rules);
  if (users === null) return direct;
  if (users.state === "gone") {
    if (direct.state === "fails") return direct;
    return { state: "slow", reason: `users do not reach it: ${users.why}` };
  }
  if (direct.state === "fails")
    return { state: "answers", reason: "answers users, though not past the edge" };
  if (users.state === "ails" && direct.state === "answers")
    return { state: "slow", reason: `through the edge ${users.why}` };
  return direct;
}

/** Whether the way through the edge leads to it. */
export function isReached(trail: Trail, nowMs: number, rules: EvidenceRules): boolean {
  return young(trail, nowMs, rules).some(({ result }) => result === "answered");
}

/** Whether something looks wrong, so that probes should hurry. */
export function isTroubled(trail: Trail, { slowMs }: Pick<EvidenceRules, "slowMs">): boolean {
  return hasFailed(trail) || trail.slice(-2).some(({ tookMs }) => tookMs > slowMs);
}

/** Of late. */
export function hasFailed(trail: Trail): boolean {
  return trail.slice(-2).some(({ result }) => result === "failed");
}

function pastTheEdge(pods: readonly Trail[] | null, nowMs: number, rules: EvidenceRules): ClusterSight {
  if (pods === null) return { state: "unseen", reason: "its agent has not said which pods there are" };
  if (pods.length === 0)
    return { state: "unseen", reason: "no pods are there, and none are wanted or were seen" };
  const seen = pods.flatMap((trail) => stateOf(young(trail, nowMs, rules), rules) ?? []);
  const serving = seen.filter(({ state }) => state !== "drains");
  if (serving.length === 0) return { state: "unseen", reason: "no probe of it has come back lately" };
  const gone = serving.filter(({ state }) => state === "gone");
  const total = serving.length;
  if (gone.length === total)
    return { state: "fails", reason: `none of its ${total} pods answers: ${gone[0]?.why ?? ""}` };
  const well = serving.filter(({ state }) => state === "well").length;
  if (well * 2 >= total) return { state: "answers", reason: `${well} of ${total} pods answer` };
  const worst = gone[0] ?? serving.find(({ state }) => state === "ails");
  return {
    state: "slow",
    reason: `only ${well} of ${total} pods answer as they should: ${worst?.why ?? ""}`,
  };
}

type State = { readonly state: "well" | "ails" | "gone" | "drains"; readonly why: string };

/** Null: there is nothing to go by. */
function stateOf(trail: Trail, { slowMs }: EvidenceRules): State | null {
  const last = trail.at(-1);
  if (last === undefined) return null;
  if (last.result === "draining") return { state: "drains", why: last.why };
  const [before] = trail.slice(-2);
  if (last.result === "failed" && before !== undefined && before.result === "failed" && trail.length >= 2)
    return { state: "gone", why: last.why };
  const failed = trail.filter(({ result }) => result === "failed");
  const late = trail.filter(({ result, tookMs }) => result === "answered" && tookMs > slowMs);
  if (trail.length >= ENOUGH && failed.length * 4 > trail.length)
    return {
      state: "ails",
      why: `${failed.length} of ${trail.length} probes failed: ${failed.at(-1)?.why ?? ""}`,
    };
  if (trail.length >= ENOUGH && (failed.length + late.length) * 2 > trail.length)
    return { state: "ails", why: `${late.length} of ${trail.length} answers took over ${slowMs} ms` };
  return { state: "well", why: last.why };
}

const ENOUGH = 3;

function young(trail: Trail, nowMs: number, { youngMs }: EvidenceRules): Trail {
  return trail.filter(({ atMs }) => nowMs - atMs < youngMs);
}
