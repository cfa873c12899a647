/**
 * One client's request, from its headers to the end of its reply.
 *
 * 1. It ends exactly once, and is counted exactly once; a deadline bounds the whole of it.
 * 2. It is sent again only if it is idempotent, its body is still whole in memory, nothing of a reply has gone to the client, another
 *    pod can be had, and the budget pays. At most `attemptsMax` pods see it; the last of them, where possible, in another cloud.
 * 3. What the client gets is one pod's reply as it was, or the gateway's own refusal in JSON; never a mixture.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { reasonOf } from "../effector/reason.ts";
import { Attempt } from "./attempt.ts";
import { isIdempotent, isRetryableCode, isRetryableStatus } from "./failures.ts";
import { forwardedHeaders, returnedHeaders } from "./headers.ts";
import type { Pod } from "./pods.ts";
import { codeOf, type Problem } from "./problem.ts";
import { takeBody, type RequestBody } from "./request-body.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Router } from "./router.ts";
import type { Statistics } from "./statistics.ts";

export type ExchangeSurroundings = Readonly<{
  router: Router;
  statistics: Statistics;
  budget: RetryBudget;
  /** An exchange with the pod failed. */
  blame: (pod: Pod, error: Error) => void;
  /** The client was failed. */
  onFailed: (failure: Failure) => void;
  isClosing: () => boolean;
  now: () => number;
  random: () => number;
  deadlineMs: number;
  /** A client that leaves later than this counts as failed; one that leaves earlier does not count. */
  patienceMs: number;
}>;

export type Failure = Readonly<{
  method: string;
  path: string;
  status: number | null;
  tried: readonly string[];
  why: string;
}>;

export class Exchange {
  readonly #around: ExchangeSurroundings;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #onEnd: () => void;
  readonly #method: string;
  readonly #idempotent: boolean;
  readonly #startedAtMs: number;
  readonly #deadline: NodeJS.Timeout;
  readonly #tried: Pod[] = [];
  #body: RequestBody | null = null;
  #attempt: Attempt | null = null;
  #retry: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(
    around: ExchangeSurroundings,
    request: IncomingMessage,
    response: ServerResponse,
    onEnd: () => void,
  ) {
    this.#around = around;
    this.#request = request;
    this.#response = response;
    this.#onEnd = onEnd;
    this.#method = request.method ?? "GET";
    this.#idempotent = isIdempotent(this.#method, request.headers);
    this.#startedAtMs = around.now();
    this.#deadline = setTimeout(() => this.#late(), around.deadlineMs);
  }

  start(): void {
    this.#around.statistics.arrived();
    this.#around.budget.earn();
    this.#response.on("close", () => this.#clientLeft());
    takeBody(this.#request, (body) => {
      this.#body = body;
      this.#try();
    });
  }

  #try(): void {
    if (this.#ended || this.#body === null) return;
    const isRead = this.#method === "GET" || this.#method === "HEAD";
    // The first retry may stay in the cloud (one pod of it draining must not move its share), the last should leave it.
    const avoidClouds = this.#tried.length >= attemptsMax - 1 ? this.#tried.map(({ cloud }) => cloud) : [];
    const pod = this.#around.router.choose(isRead ? "read" : "write", this.#tried, avoidClouds);
    if (pod === null) {
      this.#refuse(503, {
        what: "no pod can serve this request",
        why: "no cloud has a pod that is ready",
        next: "try again after the seconds in Retry-After",
      });
      return;
    }
    this.#tried.push(pod);
    this.#attempt = new Attempt(pod, this.#around.now, {
      responded: (status, headers) => this.#responded(pod, status, headers),
      data: (chunk) => this.#pass(chunk),
      finished: () => this.#finished(pod),
      failed: (error) => this.#failed(pod, error),
      podFroze: () => this.#podFroze(pod),
    });
    this.#attempt.send({
      method: this.#method,
      path: this.#request.url ?? "/",
      headers: forwardedHeaders(this.#request, this.#body.kind),
      body: bodyToSend(this.#body),
      timeoutMs: this.#around.deadlineMs + 1000,
    });
  }

  #responded(pod: Pod, status: number, headers: IncomingHttpHeaders): "pass" | "discard" {
    this.#around.statistics.attempted(pod, status >= 500);
    if (isRetryableStatus(status) && this.#mayRetry()) {
      this.#tryAgain();
      return "discard";
    }
    const returned = returnedHeaders(headers, pod);
    if (this.#mustHangUp()) returned["connection"] = "close";
    this.#response.writeHead(status, returned);
    return "pass";
  }

  #pass(chunk: Buffer): boolean {
    const more = this.#response.write(chunk);
    if (!more) this.#response.once("drain", () => this.#attempt?.resume());
    return more;
  }

  #finished(pod: Pod): void {
    this.#response.end();
    const status = this.#response.statusCode;
    if (status >= 500) this.#report(status, `${pod.cluster} answered ${status}`);
    this.#end(status >= 500);
  }

  #failed(pod: Pod, error: Error): void {
    const code = codeOf(error);
    if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
      this.#refuse(400, {
        what: "the request cannot be forwarded",
        why: reasonOf(error),
        next: "send a well-formed request",
      });
      return;
    }
    // Once the reply has begun its attempt is counted already.
    if (!this.#response.headersSent) this.#around.statistics.attempted(pod, true);
    this.#around.blame(pod, error);
    if (isRetryableCode(code) && this.#mayRetry()) {
      this.#tryAgain();
      return;
    }
    const why = `${pod.cluster}: ${code} ${reasonOf(error)}`;
    if (this.#response.headersSent) this.#breakOff(why);
    else {
      this.#refuse(502, {
        what: "the pod that had this request failed",
        why,
        next: this.#idempotent
          ? "try again"
          : "find out whether it took effect before trying again; with an idempotency-key it can be repeated safely",
      });
    }
  }

  #podFroze(pod: Pod): void {
    if (!this.#mayRetry()) return;
    this.#around.statistics.attempted(pod, true);
    this.#attempt?.giveUp();
    this.#tryAgain();
  }

  #mayRetry(): boolean {
    return (
      this.#idempotent &&
      this.#body?.kind === "buffered" &&
      !this.#ended &&
      !this.#response.headersSent &&
      this.#tried.length < attemptsMax &&
      this.#around.router.hasOther(this.#tried) &&
      this.#around.budget.take()
    );
  }

  /** Soon, but not all at one instant: what fails together must not come back together. */
  #tryAgain(): void {
    this.#attempt = null;
    const spreadMs = this.#tried.length === 1 ? 10 : 40;
    this.#retry = setTimeout(() => this.#try(), this.#around.random() * spreadMs);
  }

  #late(): void {
    const { deadlineMs } = this.#around;
    if (this.#response.headersSent) {
      this.#breakOff(`not finished within ${deadlineMs} ms`);
    } else if (this.#body === null) {
      this.#refuse(408, {
        what: "the request's body did not arrive",
        why: `it took over ${deadlineMs} ms`,
        next: "send it again",
      });
    } else {
      const pod = this.#tried.at(-1);
      if (pod !== undefined && this.#attempt !== null) this.#around.statistics.attempted(pod, true);
      this.#refuse(504, {
        what: "no answer in time",
        why: `${pod?.cluster ?? "no pod"} did not answer within the ${deadlineMs} ms that a request may take`,
        next: this.#idempotent ? "try again" : "find out whether it took effect before trying again",
      });
    }
  }

  #clientLeft(): void {
    if (this.#ended) return;
    this.#attempt?.giveUp();
    const waitedMs = this.#around.now() - this.#startedAtMs;
    if (waitedMs <= this.#around.patienceMs) {
      this.#forget();
      return;
    }
    this.#report(null, `the client left after ${Math.round(waitedMs)} ms`);
    this.#end(true);
  }

  /** The reply has begun and cannot be finished: the client must see a broken one, not a short one. */
  #breakOff(why: string): void {
    this.#report(null, why);
    this.#end(true);
    this.#attempt?.giveUp();
    this.#response.destroy();
  }

  #refuse(status: number, problem: Problem): void {
    if (status >= 500) this.#report(status, problem.why);
    this.#end(status >= 500);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (status >= 500) headers["retry-after"] = "1";
    if (this.#mustHangUp()) headers["connection"] = "close";
    this.#response.writeHead(status, headers).end(JSON.stringify({ error: problem }));
    this.#attempt?.giveUp();
    if (!this.#request.complete) this.#request.unpipe().resume();
  }

  /** A connection with a rest of this request's body in it cannot carry another one. */
  #mustHangUp(): boolean {
    return this.#around.isClosing() || !this.#request.complete;
  }

  #report(status: number | null, why: string): void {
    const path = (this.#request.url ?? "/").split("?", 1)[0] ?? "/";
    this.#around.onFailed({
      method: this.#method,
      path,
      status,
      tried: this.#tried.map(({ cluster }) => cluster),
      why,
    });
  }

  #end(failed: boolean): void {
    if (this.#ended) return;
    this.#around.statistics.ended(this.#tried.at(-1) ?? null, this.#around.now() - this.#startedAtMs, failed);
    this.#forget();
  }

  #forget(): void {
    this.#ended = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#retry ?? undefined);
    this.#onEnd();
  }
}

/** A stream of its own: when an attempt is given up, undici destroys its body, and the client's connection must outlive that. */
function bodyToSend(body: RequestBody): Buffer | PassThrough | null {
  return body.kind === "buffered" ? body.bytes : body.stream.pipe(new PassThrough());
}

const attemptsMax = 3;
