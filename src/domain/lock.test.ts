import fc from "fast-check";
import { expect, test } from "vitest";
import { askFor, FREE, giveBack, keepUntil, type LockState, type Moved } from "./lock.ts";

const RUNS = ["a", "b", "c", "d"] as const;
type Op =
  | { readonly kind: "ask"; readonly run: string; readonly wait: boolean; readonly preempt: boolean }
  | { readonly kind: "keep"; readonly run: string; readonly forMs: number | null }
  | { readonly kind: "release"; readonly run: string };

const run = fc.constantFrom(...RUNS);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    kind: fc.constant("ask" as const),
    run,
    wait: fc.boolean(),
    preempt: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("keep" as const),
    run,
    forMs: fc.option(fc.integer({ min: -50, max: 50 }), { nil: null }),
  }),
  fc.record({ kind: fc.constant("release" as const), run }),
);
const timed = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), op), { maxLength: 60 });

function moved(state: LockState, one: Op, nowMs: number): Moved {
  const { run: by } = one;
  if (one.kind === "release") return giveBack(state, by, nowMs);
  if (one.kind === "keep")
    return keepUntil(state, { run: by, untilMs: one.forMs === null ? null : nowMs + one.forMs }, nowMs);
  const asked = { run: by, who: by, forMs: 30, preempt: one.preempt, turn: one.wait ? by : null };
  return askFor(state, asked, nowMs);
}

/** All that happens to a lock in an order of calls; `look` at each. */
function play(
  calls: readonly (readonly [number, Op])[],
  look: (before: LockState, one: Op, at: { readonly nowMs: number; readonly move: Moved }) => void,
): void {
  let state = FREE;
  let nowMs = 1_000;
  for (const [afterMs, one] of calls) {
    nowMs += afterMs;
    const move = moved(state, one, nowMs);
    look(state, one, { nowMs, move });
    state = move.state;
  }
}

test("each new holder has the next epoch, and nobody who holds it or waits for it is there twice", () => {
  fc.assert(
    fc.property(timed, (calls) =>
      play(calls, (before, _one, { move: { state } }) => {
        const isNew = state.holder !== null && state.holder.epoch !== before.holder?.epoch;
        expect(state.epoch).toBe(before.epoch + (isNew ? 1 : 0));
        const names = [state.holder?.run, ...state.queue.map((waiting) => waiting.run)];
        expect(new Set(names).size).toBe(names.length);
        if (state.holder === null) expect(state.queue).toEqual([]);
      }),
    ),
  );
});

test("nobody loses a lock within its maximum, or without one, but by giving it back or to preemption", () => {
  fc.assert(
    fc.property(timed, (calls) =>
      play(calls, (before, one, { nowMs, move: { state, lost } }) => {
        const { holder } = before;
        if (holder === null || state.holder?.run === holder.run) return;
        const gaveBack = one.kind !== "ask" && one.run === holder.run;
        const wasPreempted = one.kind === "ask" && one.preempt;
        const wasOver = holder.untilMs !== null && holder.untilMs <= nowMs;
        expect(gaveBack || wasPreempted || wasOver).toBe(true);
        // Who did not do it itself is told.
        expect(lost?.run ?? null).toBe(gaveBack ? null : holder.run);
      }),
    ),
  );
});

test("but for preemption it goes to the first in the queue, who is reached, and the others keep their order", () => {
  fc.assert(
    fc.property(timed, (calls) =>
      play(calls, (before, one, { move: { state, turn } }) => {
        const stay = before.queue.filter(
          (waiting) => waiting.run !== one.run && waiting.run !== state.holder?.run,
        );
        expect(state.queue.filter((waiting) => stay.some(({ run: other }) => other === waiting.run))).toEqual(
          stay,
        );
        if (state.epoch === before.epoch || (one.kind === "ask" && one.preempt)) return;
        const [first] = before.queue.filter((waiting) => one.kind !== "release" || waiting.run !== one.run);
        expect(state.holder?.run).toBe(first?.run ?? one.run);
        expect(turn?.run ?? one.run).toBe(state.holder?.run);
      }),
    ),
  );
});

test("who waits and asks again keeps its place and is reached in the new way", () => {
  const asked = { who: "x", forMs: 30, preempt: false };
  let { state } = askFor(FREE, { ...asked, run: "a", turn: null }, 0);
  for (const [by, turn] of [
    ["b", "one"],
    ["c", "two"],
    ["b", "three"],
  ] as const)
    ({ state } = askFor(state, { ...asked, run: by, turn }, 1));
  expect(state.queue.map(({ run: by, turn }) => [by, turn])).toEqual([
    ["b", "three"],
    ["c", "two"],
  ]);
});
