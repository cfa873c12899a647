/** What this gateway thinks of a cloud or a cluster, from probes of its pods and from the real requests that it sent there. Pure. */
export type Verdict = "healthy" | "degraded" | "down" | "unknown";

export type PodsEvidence = Readonly<{
  knownPods: number;
  /** Probed at least once. */
  probedPods: number;
  /** Not ejected: each answers probes, or has been silent only for a moment. */
  answeringPods: number;
  readyPods: number;
  agentAnswers: boolean;
  /** Of the last `windowMs`: attempts sent to its pods, retried ones included, and those that failed there; and replies, and slow ones. */
  windowMs: number;
  attempts: number;
  failedAttempts: number;
  requests: number;
  slow: number;
  /** The objective. */
  latencyMs: number;
}>;

export function judgePods(evidence: PodsEvidence): { verdict: Verdict; reason: string } {
  const { knownPods, readyPods, attempts, failedAttempts, requests, slow } = evidence;
  const agent = evidence.agentAnswers ? "" : "; its agent does not answer, so these are the pods last known";
  if (knownPods === 0) {
    return {
      verdict: "unknown",
      reason: evidence.agentAnswers
        ? "its agent knows no pods"
        : "no pods are known yet: its agent has not answered",
    };
  }
  if (evidence.probedPods === 0)
    return { verdict: "unknown", reason: `none of its ${knownPods} pods is probed yet${agent}` };
  if (evidence.answeringPods === 0)
    return { verdict: "down", reason: `none of its ${knownPods} pods answers probes${agent}` };
  if (readyPods * 2 < knownPods)
    return { verdict: "degraded", reason: `only ${readyPods} of ${knownPods} pods are ready${agent}` };
  const seconds = Math.round(evidence.windowMs / 1000);
  if (attempts >= samplesMin && failedAttempts / attempts > failedShareMax) {
    return {
      verdict: "degraded",
      reason: `${failedAttempts} of ${attempts} requests sent to it in the last ${seconds} s failed${agent}`,
    };
  }
  if (requests >= samplesMin && slow / requests > slowShareMax) {
    return {
      verdict: "degraded",
      reason: `${slow} of its ${requests} replies in the last ${seconds} s took over ${evidence.latencyMs} ms${agent}`,
    };
  }
  return { verdict: "healthy", reason: `${readyPods} of ${knownPods} pods are ready${agent}` };
}

const samplesMin = 20;
const failedShareMax = 0.05;
const slowShareMax = 0.1;
