/**
 * What the gateway believes of a pod, and how evidence changes it. Pure.
 *
 * - `unknown`: not probed yet; gets nothing.
 * - `ready`: its last probe was answered 200.
 * - `unready`: it answers, but not 200 (starting, draining): nothing new, what is in flight may finish.
 * - `suspect`: silent for a moment, or a connection broke: used only when nobody is ready.
 * - `ejected`: refuses connections, or has been silent for long (frozen): nothing until a probe succeeds, and probes back off.
 */
export type PodState = "unknown" | "ready" | "unready" | "suspect" | "ejected";

export type PodHealth = Readonly<{
  state: PodState;
  /** In words, why it is in this state. */
  why: string;
  sinceMs: number;
  /** Ejections in a row; forgotten after being ready for a while. */
  ejections: number;
  /** No probe before this; null when not ejected. */
  ejectedUntilMs: number | null;
}>;

export type Evidence =
  | Readonly<{ kind: "answered"; status: number }>
  /** Nobody listens: it can have begun nothing. */
  | Readonly<{ kind: "refused"; why: string }>
  /** A connection broke, or the answer made no sense. */
  | Readonly<{ kind: "broken"; why: string }>
  | Readonly<{ kind: "silent"; forMs: number; frozen: boolean }>;

/** A time and a number in [0, 1) for the jitter of back-off. */
export type Moment = Readonly<{ nowMs: number; random: number }>;

export function unprobed(nowMs: number): PodHealth {
  return { state: "unknown", why: "not probed yet", sinceMs: nowMs, ejections: 0, ejectedUntilMs: null };
}

export function withEvidence(health: PodHealth, evidence: Evidence, moment: Moment): PodHealth {
  switch (evidence.kind) {
    case "answered":
      return evidence.status === 200
        ? settle(health, "ready", "answers /ready with 200", moment)
        : settle(health, "unready", `answers /ready with ${evidence.status}`, moment);
    case "refused":
      return eject(health, evidence.why, moment);
    case "broken":
      return health.state === "ejected"
        ? eject(health, evidence.why, moment)
        : settle(health, "suspect", evidence.why, moment);
    case "silent": {
      const why = `silent for ${Math.round(evidence.forMs)} ms`;
      if (evidence.frozen) return eject(health, why, moment);
      return health.state === "ejected" ? health : settle(health, "suspect", why, moment);
    }
  }
}

function settle(health: PodHealth, state: PodState, why: string, { nowMs }: Moment): PodHealth {
  const sinceMs = health.state === state ? health.sinceMs : nowMs;
  const ejections = state === "ready" && nowMs - sinceMs >= forgivenAfterMs ? 0 : health.ejections;
  return { state, why, sinceMs, ejections, ejectedUntilMs: null };
}

function eject(health: PodHealth, why: string, { nowMs, random }: Moment): PodHealth {
  // More of the same evidence during an ejection (requests that were on their way) must not lengthen it.
  if (health.ejectedUntilMs !== null && nowMs < health.ejectedUntilMs) return health;
  const backoffMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** health.ejections);
  return {
    state: "ejected",
    why,
    sinceMs: health.state === "ejected" ? health.sinceMs : nowMs,
    ejections: health.ejections + 1,
    ejectedUntilMs: nowMs + backoffMs * (0.8 + 0.4 * random),
  };
}

const backoffFirstMs = 200;
const backoffMaxMs = 5000;
const forgivenAfterMs = 10_000;
