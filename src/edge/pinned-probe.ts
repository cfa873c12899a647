/**
 * Health requests of observers through the path that users take: the header names the cluster that has to answer.
 *
 * 1. Only GET of `/health` and `/ready`: nothing else can be sent past the weights.
 * 2. It takes a pod as a user's request would, one that is ready; is never sent again; and is bounded by a deadline of its own.
 * 3. It counts nowhere: not as a request, not against the objective, not for demand or the budget of retries. That a pod failed it
 *    is evidence of the pod all the same.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { reasonOf } from "../effector/reason.ts";
import { Attempt } from "./attempt.ts";
import type { ExchangeSurroundings } from "./exchange.ts";
import { forwardedHeaders, returnedHeaders } from "./headers.ts";
import type { Pod } from "./pods.ts";
import type { Problem } from "./problem.ts";

/** The value of the header; null when the request is none of these. */
export function pinnedTo(request: IncomingMessage): string | null {
  const named = request.headers[probeHeader];
  return typeof named === "string" ? named : null;
}

export class PinnedProbes {
  readonly #around: Pick<ExchangeSurroundings, "blame" | "now">;
  readonly #pods: () => readonly Pod[];
  /** Which of a cluster's pods is next. */
  readonly #turns = new Map<string, number>();

  constructor(around: Pick<ExchangeSurroundings, "blame" | "now">, pods: () => readonly Pod[]) {
    this.#around = around;
    this.#pods = pods;
  }

  /** `onEnd` is called once, when the answer is complete or nobody waits for it any more. */
  take(cluster: string, request: IncomingMessage, response: ServerResponse, onEnd: () => void): void {
    request.resume();
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    if (request.method !== "GET" || !probed.includes(path)) {
      refuse(response, 400, {
        what: "this is no probe",
        why: `${probeHeader} goes with GET ${probed.join(" and GET ")} alone`,
        next: `leave ${probeHeader} out`,
      });
      onEnd();
      return;
    }
    const pod = this.#choose(cluster);
    if (pod === null) {
      const known = this.#pods().filter((one) => one.cluster === cluster).length;
      refuse(response, 503, {
        what: `no pod of ${cluster} can serve`,
        why: known === 0 ? "none is known here" : `none of its ${known} pods is ready`,
        next: "try again",
      });
      onEnd();
      return;
    }
    this.#send(pod, path, { request, response, onEnd });
  }

  #choose(cluster: string): Pod | null {
    const ready = this.#pods().filter((pod) => pod.cluster === cluster && pod.state === "ready");
    const turn = (this.#turns.get(cluster) ?? 0) + 1;
    this.#turns.set(cluster, turn);
    return ready[turn % ready.length] ?? null;
  }

  #send(pod: Pod, path: string, { request, response, onEnd }: Client): void {
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      clearTimeout(deadline);
      onEnd();
    };
    const failed = (status: number, why: string): void => {
      if (ended) return;
      attempt.giveUp();
      if (response.headersSent) response.destroy();
      else refuse(response, status, { what: `${pod.cluster} failed the probe`, why, next: "try again" });
      end();
    };
    const deadline = setTimeout(() => failed(504, `no answer within ${withinMs} ms`), withinMs);
    const attempt = new Attempt(pod, this.#around.now, {
      responded: (status, headers) => {
        response.writeHead(status, returnedHeaders(headers, pod));
        return "pass";
      },
      data: (chunk) => {
        response.write(chunk);
        return true;
      },
      finished: () => {
        response.end();
        end();
      },
      failed: (error) => {
        this.#around.blame(pod, error);
        failed(502, reasonOf(error));
      },
      podFroze: () => failed(504, "its pod is silent"),
    });
    response.on("close", () => {
      if (!ended) attempt.giveUp();
      end();
    });
    const headers = forwardedHeaders(request, "buffered");
    attempt.send({ method: "GET", path, headers, body: null, timeoutMs: withinMs + 1000 });
  }
}

type Client = Readonly<{ request: IncomingMessage; response: ServerResponse; onEnd: () => void }>;

function refuse(response: ServerResponse, status: number, problem: Problem): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: problem }));
}

const probeHeader = "x-edge-probe";
const probed: readonly string[] = ["/health", "/ready"];
const withinMs = 1000;
