/**
 * A lock as a virtual object keyed by its name: Restate runs one handler of a key at a time, and keeps its state.
 *
 * 1. Each grant has a higher epoch than all before; the epoch is never reset.
 * 2. First in, first out; asking again for what one holds answers the same grant.
 * 3. Preemption goes past the queue. The run that loses the lock is told; what it has begun, effectors refuse by its epoch.
 */
import { object, type ObjectContext } from "@restatedev/restate-sdk";
import type { Command, LockAnswer, LockGrant, LockHolder } from "../../ports/journal.ts";
import type { runWorkflow } from "./run-workflow.ts";

type Waiting = { readonly run: string; readonly who: string; readonly turn: string };
type LockState = { epoch: number; holder: LockHolder & { readonly epoch: number }; queue: Waiting[] };

type RunService = ReturnType<typeof runWorkflow>;
const RUN_SERVICE: { readonly name: "run" } = { name: "run" };

async function acquire(
  ctx: ObjectContext<LockState>,
  request: {
    readonly run: string;
    readonly who: string;
    readonly turn: string | null;
    readonly preempt: boolean;
  },
): Promise<LockAnswer> {
  const atMs = await ctx.date.now();
  const holder = await ctx.get("holder");
  if (holder === null) return await grant(ctx, request, atMs);
  if (holder.run === request.run) return { granted: true, epoch: holder.epoch, atMs };
  const { run, who, turn } = request;
  if (request.preempt) {
    const granted = await grant(ctx, request, atMs);
    const told: Command = { type: "superseded", lock: ctx.key, run, atMs };
    ctx.workflowSendClient<RunService>(RUN_SERVICE, holder.run).tell(told);
    return granted;
  }
  if (turn !== null) {
    const queue = (await ctx.get("queue")) ?? [];
    if (!queue.some((waiting) => waiting.run === run)) ctx.set("queue", [...queue, { run, who, turn }]);
  }
  const by = { run: holder.run, who: holder.who, sinceMs: holder.sinceMs };
  return { granted: false, queued: turn !== null, holder: by, atMs };
}

/** Gives it back; who only waits for it gives up the place in the queue. */
async function release(ctx: ObjectContext<LockState>, request: { readonly run: string }): Promise<void> {
  const holder = await ctx.get("holder");
  const queue = ((await ctx.get("queue")) ?? []).filter((waiting) => waiting.run !== request.run);
  const [next, ...rest] = queue;
  if (holder?.run !== request.run) {
    ctx.set("queue", queue);
    return;
  }
  ctx.clear("holder");
  ctx.set("queue", rest);
  if (next === undefined) return;
  ctx.resolveAwakeable<LockGrant>(next.turn, await grant(ctx, next, await ctx.date.now()));
}

async function grant(
  ctx: ObjectContext<LockState>,
  { run, who }: { readonly run: string; readonly who: string },
  atMs: number,
): Promise<LockGrant> {
  const epoch = ((await ctx.get("epoch")) ?? 0) + 1;
  ctx.set("epoch", epoch);
  ctx.set("holder", { run, who, sinceMs: atMs, epoch });
  return { granted: true, epoch, atMs };
}

export const lockObject = object({ name: "lock", handlers: { acquire, release } });

export type LockService = typeof lockObject;
