/** What the gateway writes to its log: transitions and failures, never a line per request that went well. */
import type { Logger } from "pino";
import type { Applied } from "../effector/memory.ts";
import type { Token } from "../effector/token.ts";
import type { AgentState } from "./discovery.ts";
import type { Failure } from "./exchange.ts";
import { FailureLog } from "./failure-log.ts";
import type { Pod, PodChange } from "./pods.ts";
import type { Policy } from "./policy-store.ts";
import type { Situation } from "./routing.ts";

export class GatewayLog {
  readonly #log: Logger;
  readonly #failures: FailureLog<Failure>;

  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#failures = new FailureLog(now, (failure, leftOut) =>
      log.warn({ ...failure, leftOut }, "a client was failed"),
    );
  }

  opened(policy: Policy, tornBytes: number): void {
    this.#log.info({ policy }, "traffic policy in force");
    if (tornBytes > 0) this.#log.warn({ tornBytes }, "a torn end of the effector's record was cut off");
  }

  podAdded(pod: Pod): void {
    this.#log.info(nameOf(pod), "pod listed");
  }

  podRemoved(pod: Pod): void {
    this.#log.info(nameOf(pod), "pod no longer listed: nothing new goes to it");
  }

  podChanged({ pod, from, to }: PodChange, podsOfCloud: readonly Pod[]): void {
    const readyPods = podsOfCloud.filter(({ state }) => state === "ready").length;
    const facts = {
      ...nameOf(pod),
      from: from.state,
      to: to.state,
      why: to.why,
      readyPods,
      knownPods: podsOfCloud.length,
    };
    const level = to.state === "ejected" || to.state === "suspect" ? "warn" : "info";
    this.#log[level](facts, "pod changed state");
    if (from.state === "ready" && readyPods === 0) {
      this.#log.warn(
        { cloud: pod.cloud },
        "the cloud has no ready pod: its share goes to the others by their weights",
      );
    }
  }

  agentTurned(cloud: string, { problem }: AgentState): void {
    if (problem === null) this.#log.info({ cloud }, "the agent answers");
    else
      this.#log.warn({ cloud, why: problem }, "the agent does not answer: its pods are used as last known");
  }

  situation(situation: Situation | "nobody"): void {
    switch (situation) {
      case "by-weight":
        this.#log.info({ situation }, "clouds with weight serve again");
        break;
      case "fail-open":
        this.#log.error(
          { situation },
          "failing open: no cloud with weight has a ready pod, so any cloud that has one serves",
        );
        break;
      case "suspects-only":
        this.#log.error({ situation }, "no pod is ready anywhere: suspects serve");
        break;
      case "nobody":
        this.#log.error({ situation }, "no pod can serve: clients get 503");
        break;
    }
  }

  applied(applied: Applied<Policy>, { key, lock, epoch, sequence }: Token): void {
    const token = { key, lock, epoch, sequence };
    if (applied.result === "refused") this.#log.warn({ ...applied, token }, "traffic policy refused");
    else
      this.#log.info({ result: applied.result, policy: applied.answer, token }, "traffic policy asked for");
  }

  failed(failure: Failure): void {
    this.#failures.add(failure);
  }

  broke(error: unknown): void {
    this.#log.error({ err: error }, "a control request failed");
  }
}

function nameOf({ cloud, cluster, url, pid }: Pod): Record<string, unknown> {
  return { cloud, cluster, url, pid };
}
