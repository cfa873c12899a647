/**
 * Asks each pod's `/ready` at an interval, and turns answers and silence into evidence.
 *
 * 1. One probe of a pod at a time; an ejected pod is left alone until its back-off has passed.
 * 2. Silence counts only if nothing at all was heard of the pod meanwhile: a slow probe beside quick replies is no frozen pod.
 * 3. Silence is judged after pending input was read: when this process was itself held up, its timers fire before it has seen
 *    the answers that wait in its sockets.
 */
import type { Dispatcher } from "undici";
import { reasonOf } from "../effector/reason.ts";
import { codeOf } from "./problem.ts";
import type { Evidence } from "./pod-health.ts";
import type { Pod } from "./pods.ts";

export type ProbeTimings = Readonly<{
  intervalMs: number;
  /** After this silence a pod is a suspect. */
  suspectAfterMs: number;
  /** After this silence it is ejected as frozen. */
  frozenAfterMs: number;
}>;

export type ProbeOptions = ProbeTimings &
  Readonly<{
    now: () => number;
    random: () => number;
    observe: (pod: Pod, evidence: Evidence) => void;
  }>;

export class Prober {
  readonly #options: ProbeOptions;
  readonly #rounds = new Map<Pod, Round>();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Probes the pod at once, and then at the interval. */
  add(pod: Pod): void {
    const round: Round = { timer: null, probe: null };
    this.#rounds.set(pod, round);
    this.#probe(pod, round);
  }

  remove(pod: Pod): void {
    const round = this.#rounds.get(pod);
    this.#rounds.delete(pod);
    clearTimeout(round?.timer ?? undefined);
    round?.probe?.giveUp();
  }

  /** Something looked wrong with the pod: do not wait for the interval. */
  hurry(pod: Pod): void {
    const round = this.#rounds.get(pod);
    if (round === undefined || round.probe !== null || pod.state === "ejected") return;
    clearTimeout(round.timer ?? undefined);
    this.#probe(pod, round);
  }

  stop(): void {
    for (const pod of this.#rounds.keys()) this.remove(pod);
  }

  #probe(pod: Pod, round: Round): void {
    const { now, random, intervalMs, observe } = this.#options;
    const startedAtMs = now();
    round.probe = new Probe(pod, this.#options, (evidence) => {
      round.probe = null;
      if (this.#rounds.get(pod) !== round) return;
      observe(pod, evidence);
      const nextAtMs = pod.health.ejectedUntilMs ?? startedAtMs + intervalMs * (1 + 0.1 * random());
      round.timer = setTimeout(() => this.#probe(pod, round), Math.max(1, nextAtMs - now()));
    });
    round.probe.send();
  }
}

type Round = { timer: NodeJS.Timeout | null; probe: Probe | null };

/**
 * One question to `/ready`. It ends once: with the answer, or with the silence when that means frozen; a shorter silence is
 * reported on the way. Sent many times a second, so it does without promises, signals and streams.
 */
class Probe implements Dispatcher.DispatchHandler {
  readonly #pod: Pod;
  readonly #options: ProbeOptions;
  readonly #end: (evidence: Evidence) => void;
  readonly #startedAtMs: number;
  #controller: Dispatcher.DispatchController | null = null;
  #watch: NodeJS.Timeout | null = null;
  #isSuspected = false;
  #isOver = false;

  constructor(pod: Pod, options: ProbeOptions, end: (evidence: Evidence) => void) {
    this.#pod = pod;
    this.#options = options;
    this.#end = end;
    this.#startedAtMs = options.now();
  }

  send(): void {
    this.#lookAfter(this.#options.suspectAfterMs);
    const timeoutMs = this.#options.frozenAfterMs * 10;
    this.#pod.pool.dispatch(
      { method: "GET", path: "/ready", headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
      this,
    );
  }

  giveUp(): void {
    this.#isOver = true;
    clearTimeout(this.#watch ?? undefined);
    this.#controller?.abort(givenUp);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(givenUp);
  }

  // The status is the whole answer; what a body says is read past, so that the connection can be used again.
  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    this.#pod.answeredAtMs = this.#options.now();
    this.#finish({ kind: "answered", status });
  }

  onResponseData(): void {}

  onResponseEnd(): void {}

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(evidenceOf(error));
  }

  #lookAfter(afterMs: number): void {
    this.#watch = setTimeout(() => setImmediate(() => this.#look()), afterMs);
  }

  #look(): void {
    if (this.#isOver) return;
    const { now, suspectAfterMs, frozenAfterMs, observe } = this.#options;
    const nowMs = now();
    // Whatever the pod answered meanwhile, to whomever, starts the silence anew.
    const forMs = nowMs - Math.max(this.#startedAtMs, this.#pod.answeredAtMs);
    if (forMs >= frozenAfterMs) {
      this.giveUp();
      this.#end({ kind: "silent", forMs, frozen: true });
    } else if (nowMs - this.#startedAtMs >= frozenAfterMs * 3) {
      this.giveUp();
      this.#end({ kind: "broken", why: "answers requests, but not /ready" });
    } else {
      if (forMs >= suspectAfterMs && !this.#isSuspected) {
        this.#isSuspected = true;
        observe(this.#pod, { kind: "silent", forMs, frozen: false });
      }
      this.#lookAfter((forMs >= suspectAfterMs ? frozenAfterMs : suspectAfterMs) - forMs + 1);
    }
  }

  #finish(evidence: Evidence): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#watch ?? undefined);
    this.#end(evidence);
  }
}

const givenUp = new Error("the gateway gave this probe up");

/** What a failed connection or exchange says about the pod. */
export function evidenceOf(error: unknown): Evidence {
  const code = codeOf(error);
  if (code === "ECONNREFUSED") return { kind: "refused", why: "refuses connections" };
  return { kind: "broken", why: code === "" ? reasonOf(error) : `${code}: ${reasonOf(error)}` };
}
