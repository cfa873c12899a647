/**
 * A lock as a virtual object keyed by its name: Restate runs one handler of a key at a time, and keeps its state. The
 * rules are those of `domain/lock.ts`; the run that loses the lock is told, and what it has begun, effectors refuse by
 * its epoch.
 *
 * The state outlives versions of this code: what older ones left has no maximum, and does not lapse.
 */
import { object, type ObjectContext } from "@restatedev/restate-sdk";
import {
  askFor,
  giveBack,
  type Held,
  keepUntil,
  type LockState,
  type Moved,
  type Waiting,
} from "../../domain/lock.ts";
import type { Command, KeepAnswer, LockAnswer, LockGrant } from "../../ports/journal.ts";
import type { runWorkflow } from "./run-workflow.ts";

type Stored<T, K extends keyof T> = Omit<T, K> & { readonly [Key in K]?: T[Key] };
type StoredState = {
  epoch: number;
  holder: Stored<Held, "untilMs" | "takenFrom">;
  queue: readonly Stored<Waiting, "forMs">[];
};

type RunService = ReturnType<typeof runWorkflow>;
const RUN_SERVICE: { readonly name: "run" } = { name: "run" };
// For runs of an older code, which did not say.
const USUAL_MS = 24 * 3_600_000;

async function acquire(
  ctx: ObjectContext<StoredState>,
  request: {
    readonly run: string;
    readonly who: string;
    readonly turn: string | null;
    readonly preempt: boolean;
    readonly forMs?: number;
  },
): Promise<LockAnswer> {
  const atMs = await ctx.date.now();
  const asked = { ...request, forMs: request.forMs ?? USUAL_MS };
  const holder = await move(ctx, atMs, (state) => askFor(state, asked, atMs));
  if (holder === null) throw new Error(`lock "${ctx.key}" is nobody's after it was asked for`);
  if (holder.run === request.run) return grantOf(holder, atMs);
  const { run, who, sinceMs, untilMs } = holder;
  return { granted: false, queued: request.turn !== null, holder: { run, who, sinceMs, untilMs }, atMs };
}

async function keep(
  ctx: ObjectContext<StoredState>,
  request: { readonly run: string; readonly untilMs: number | null },
): Promise<KeepAnswer> {
  const atMs = await ctx.date.now();
  const holder = await move(ctx, atMs, (state) => keepUntil(state, request, atMs));
  return holder?.run === request.run ? { kept: true, atMs } : { kept: false, by: holder?.run ?? null, atMs };
}

/** Gives it back; who only waits for it gives up the place in the queue. */
async function release(ctx: ObjectContext<StoredState>, { run }: { readonly run: string }): Promise<void> {
  const atMs = await ctx.date.now();
  await move(ctx, atMs, (state) => giveBack(state, run, atMs));
}

/** Answers who has it afterwards. */
async function move(
  ctx: ObjectContext<StoredState>,
  atMs: number,
  by: (state: LockState) => Moved,
): Promise<Held | null> {
  const { state, lost, turn } = by(await stored(ctx));
  ctx.set("epoch", state.epoch);
  ctx.set("queue", state.queue);
  if (state.holder === null) ctx.clear("holder");
  else ctx.set("holder", state.holder);
  if (lost !== null) {
    const told: Command = { type: "superseded", lock: ctx.key, run: lost.to, atMs };
    ctx.workflowSendClient<RunService>(RUN_SERVICE, lost.run).tell(told);
  }
  if (turn !== null && state.holder !== null)
    ctx.resolveAwakeable<LockGrant>(turn.turn, grantOf(state.holder, atMs));
  return state.holder;
}

async function stored(ctx: ObjectContext<StoredState>): Promise<LockState> {
  const holder = await ctx.get("holder");
  const queue = (await ctx.get("queue")) ?? [];
  return {
    epoch: (await ctx.get("epoch")) ?? 0,
    holder:
      holder === null
        ? null
        : { ...holder, untilMs: holder.untilMs ?? null, takenFrom: holder.takenFrom ?? null },
    queue: queue.map((waiting) => ({ ...waiting, forMs: waiting.forMs ?? USUAL_MS })),
  };
}

function grantOf({ epoch, untilMs, takenFrom }: Held, atMs: number): LockGrant {
  return { granted: true, epoch, untilMs, takenFrom, atMs };
}

export const lockObject = object({ name: "lock", handlers: { acquire, keep, release } });

export type LockService = typeof lockObject;
