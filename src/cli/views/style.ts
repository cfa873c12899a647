/** How text for people looks: colours or none, and times in UTC, because the readers are in several zones. */
import pico from "picocolors";
import type { Io } from "../context.ts";
import type { Style } from "./view.ts";

export function styleFor(io: Pick<Io, "terminal" | "isoTime">): Style {
  const iso = (ms: number) => io.isoTime(ms);
  return {
    colors: pico.createColors(io.terminal.color),
    clock: (ms) => `${iso(ms).slice(11, 19)}Z`,
    date: (ms) => `${iso(ms).slice(0, 10)} ${iso(ms).slice(11, 19)}Z`,
  };
}

/** For pages in files: the same wherever they are made. */
export function pageStyle(io: Pick<Io, "isoTime">): Style {
  return styleFor({ ...io, terminal: { interactive: false, color: false, columns: 100 } });
}

/** `1:05` or `1:02:03`. */
export function elapsedText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** `15m`, `2s`, `1m 30s`, `250ms`: lengths that were stated, in words that people state them in. */
export function lengthText(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const parts = [
    [Math.floor(ms / 3_600_000), "h"],
    [Math.floor((ms % 3_600_000) / 60_000), "m"],
    [Math.round((ms % 60_000) / 1000), "s"],
  ] as const;
  return parts.flatMap(([count, unit]) => (count > 0 ? [`${count}${unit}`] : [])).join(" ");
}
