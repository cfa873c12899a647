/**
 * A lock as a virtual object keyed by its name: Restate runs one handler of a key at a time, and keeps its state.
 *
 * 1. Each grant has a higher epoch than all before; the epoch is never reset.
 * 2. First in, first out; asking again for what one holds answers the same grant.
 */
import { object, type ObjectContext } from "@restatedev/restate-sdk";
import type { LockAnswer, LockHolder } from "../../ports/journal.ts";

type Waiting = { readonly run: string; readonly who: string; readonly turn: string };
type LockState = { epoch: number; holder: LockHolder & { readonly epoch: number }; queue: Waiting[] };

type Granted = Extract<LockAnswer, { granted: true }>;
type Answer = (LockAnswer & { readonly queued: false }) | { readonly queued: true };

async function acquire(
  ctx: ObjectContext<LockState>,
  request: { readonly run: string; readonly who: string; readonly turn: string | null },
): Promise<Answer> {
  const atMs = await ctx.date.now();
  const holder = await ctx.get("holder");
  if (holder === null) return { queued: false, ...(await grant(ctx, request, atMs)) };
  if (holder.run === request.run) return { queued: false, granted: true, epoch: holder.epoch, atMs };
  const { run, who, turn } = request;
  if (turn === null) {
    return {
      queued: false,
      granted: false,
      holder: { run: holder.run, who: holder.who, sinceMs: holder.sinceMs },
      atMs,
    };
  }
  ctx.set("queue", [...((await ctx.get("queue")) ?? []), { run, who, turn }]);
  return { queued: true };
}

async function release(ctx: ObjectContext<LockState>, request: { readonly run: string }): Promise<void> {
  const holder = await ctx.get("holder");
  if (holder === null || holder.run !== request.run) return;
  const [next, ...rest] = (await ctx.get("queue")) ?? [];
  ctx.clear("holder");
  if (next === undefined) return;
  ctx.set("queue", rest);
  ctx.resolveAwakeable<LockAnswer>(next.turn, await grant(ctx, next, await ctx.date.now()));
}

async function grant(
  ctx: ObjectContext<LockState>,
  { run, who }: { readonly run: string; readonly who: string },
  atMs: number,
): Promise<Granted> {
  const epoch = ((await ctx.get("epoch")) ?? 0) + 1;
  ctx.set("epoch", epoch);
  ctx.set("holder", { run, who, sinceMs: atMs, epoch });
  return { granted: true, epoch, atMs };
}

export const lockObject = object({ name: "lock", handlers: { acquire, release } });

export type LockService = typeof lockObject;
