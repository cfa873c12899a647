/**
 * For people at a terminal: the lines of the plain view, and below them one line that always says where the run
 * stands. Only that last line is ever redrawn, so that what has scrolled by stays as it was, also in a log.
 */
import type { Io } from "../context.ts";
import { plainView, beatText } from "./plain.ts";
import { styleFor } from "./style.ts";
import type { Beat, View } from "./view.ts";

const REDRAW_MS = 1_000;
const BAR_WIDTH = 20;

export function liveView(io: Io): View {
  const plain = plainView(io);
  let footer = "";
  const erase = () => {
    if (footer !== "") io.out("\r\u001b[2K");
  };
  const above = (print: () => void) => {
    erase();
    print();
    io.out(footer);
  };
  const drop = () => {
    erase();
    footer = "";
  };
  const redraw = (beat: Beat) => {
    erase();
    footer = footerOf(io, beat);
    io.out(footer);
  };
  return {
    beatMs: REDRAW_MS,
    show: (shown) => {
      drop();
      plain.show(shown);
    },
    message: (line) => above(() => plain.message(line)),
    event: (event) => above(() => plain.event(event)),
    stands: redraw,
    beat: redraw,
    fail: (problem) => {
      drop();
      plain.fail(problem);
    },
    close: drop,
  };
}

function footerOf(io: Io, beat: Beat): string {
  const { colors } = styleFor(io);
  const planned = beat.view?.acts.planned ?? 0;
  const filled =
    planned === 0
      ? 0
      : Math.min(BAR_WIDTH, Math.round((BAR_WIDTH * (beat.view?.acts.verified ?? 0)) / planned));
  const bar = `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
  // One short of the width: some terminals wrap a full line, and then it could not be erased.
  return colors.cyan(`${bar} ${beatText(beat)}`.slice(0, Math.max(20, io.terminal.columns - 1)));
}
