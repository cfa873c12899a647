/**
 * The `Journal` port over one Restate workflow.
 *
 * 1. An effect never throws out of `ctx.run`: a thrown error would be retried by Restate, out of reach of people.
 * 2. Signals are numbered durable promises; the shared handler `tell` resolves the first that is still open.
 * 3. Parallelism is Restate's own `all` and `race`, flat: the native ones never complete over its promises
 *    (error RT0007, measured with SDK 1.17).
 */
import { RestatePromise, type WorkflowContext } from "@restatedev/restate-sdk";
import { z } from "zod";
import type { Json } from "../../domain/json.ts";
import { PortError } from "../../ports/errors.ts";
import type {
  Command,
  EffectFailure,
  Journal,
  LockAnswer,
  LockGrant,
  LockRequest,
  Pending,
  Settled,
  Work,
} from "../../ports/journal.ts";
import type { LockService } from "./lock.ts";

const jsonObject = z.record(z.string(), z.json());

const LOCK_SERVICE: { readonly name: "lock" } = { name: "lock" };

export function restateJournal(ctx: WorkflowContext): Journal {
  const aborted = ctx.request().attemptCompletedSignal;
  // Deterministic like all code between calls: an awakeable is made for each lock, queued for or not.
  const turns = new Map<string, RestatePromise<LockGrant>>();
  return {
    run: ctx.key,
    effect: (name, work) => ctx.run(name, () => settle(work, aborted)),
    sleep: (ms) => ctx.sleep(Math.max(0, Math.ceil(ms))),
    command: (number) => ctx.promise<Command>(`command-${number}`).get(),
    peek: (number) => own(ctx.promise<Command>(`command-${number}`).peek()).map((command) => command ?? null),
    lock: (request) => {
      const turn = ctx.awakeable<LockGrant>();
      turns.set(request.lock, turn.promise);
      return lock(ctx, request, turn.id);
    },
    turn: (name) => {
      const turn = turns.get(name);
      if (turn === undefined) throw new Error(`no place in the queue of lock "${name}" was taken`);
      return turn;
    },
    keep: (name, untilMs) =>
      ctx.objectClient<LockService>(LOCK_SERVICE, name).keep({ run: ctx.key, untilMs }),
    release: (name) => ctx.objectClient<LockService>(LOCK_SERVICE, name).release({ run: ctx.key }),
    publish: (name, value) => ctx.set<Json>(name, value),
    all: <T>(pending: readonly Pending<T>[]): Pending<T[]> => RestatePromise.all(pending.map(own)),
    race: (pending) => RestatePromise.race(pending.map((one, index) => own(one).map(() => index))),
  };
}

async function settle<T>(work: Work<T>, signal: AbortSignal): Promise<Settled<T>> {
  try {
    const value = await work(signal);
    return { ok: true, atMs: Date.now(), value };
  } catch (error) {
    return { ok: false, atMs: Date.now(), error: failureOf(error) };
  }
}

function failureOf(error: unknown): EffectFailure {
  if (error instanceof PortError)
    return { kind: error.kind, message: error.message, facts: plain(error.facts) };
  // An error that no port named is a bug or a dead process: nobody knows whether the effect happened.
  return { kind: "ambiguous", message: error instanceof Error ? error.message : String(error), facts: {} };
}

/** What JSON would keep of the facts, so that the journal answers the same after a replay. */
function plain(facts: Readonly<Record<string, unknown>>): EffectFailure["facts"] {
  return jsonObject.parse(JSON.parse(JSON.stringify(facts)));
}

function lock(ctx: WorkflowContext, request: LockRequest, turnId: string): Pending<LockAnswer> {
  return ctx.objectClient<LockService>(LOCK_SERVICE, request.lock).acquire({
    run: ctx.key,
    who: request.who,
    turn: request.wait ? turnId : null,
    preempt: request.preempt,
    forMs: request.forMs,
  });
}

/** A promise of this journal, or a programming error that would hang for ever if it passed. */
function own<T>(pending: Pending<T>): RestatePromise<T> {
  if (isRestatePromise(pending)) return pending;
  throw new TypeError("only promises of this journal can be awaited side by side");
}

function isRestatePromise<T>(pending: Pending<T>): pending is RestatePromise<T> {
  return "orTimeout" in pending && "map" in pending;
}
