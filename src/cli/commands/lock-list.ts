/** `lock list`: who has which lock, until when, and who waits for it. */
import type { ShownLock } from "../api/parse-answers.ts";
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { type Cell, columns } from "../views/columns.ts";
import { elapsedText } from "../views/style.ts";
import type { Style } from "../views/view.ts";

export const lockList: Command = async (_call, context) => {
  const api = await context.api();
  const locks = await api.locks();
  const nowMs = context.io.now();
  context.view.show({
    kind: "locks",
    data: { locks },
    text: (style) => {
      if (locks.length === 0) return ["Nobody has a lock."];
      const head = ["LOCK", "HELD BY", "STATE", "SINCE", "BY", "UNTIL"];
      const rows = columns(
        [head, ...locks.map((lock) => rowOf(lock, nowMs, style))],
        ["left", "left", "left", "right", "left", "left"],
      );
      return [...rows, ...locks.flatMap((lock) => queueLines(lock, nowMs))];
    },
  });
  return EXIT.ok;
};

function rowOf(one: ShownLock, nowMs: number, { colors, date }: Style): Cell[] {
  const { lock, run, state, sinceMs, requestedBy, untilMs } = one;
  const until: Cell =
    untilMs === null
      ? "it gives it back"
      : untilMs > nowMs
        ? date(untilMs)
        : { text: "over: who asks takes it", paint: colors.red };
  return [lock, run, state, elapsedText(nowMs - sinceMs), requestedBy, until];
}

function queueLines({ lock, queue }: ShownLock, nowMs: number): string[] {
  if (queue.length === 0) return [];
  return [
    "",
    `Waiting for ${lock}, the next first:`,
    ...queue.map(
      ({ run, requestedBy, sinceMs }) =>
        `  ${run}, asked for by ${requestedBy}, for ${elapsedText(nowMs - sinceMs)}`,
    ),
  ];
}
