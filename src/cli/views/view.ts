/** Where a command's answers go: one interface, for people, for people with a terminal, and for programs. */
import type { Colors } from "picocolors/types.js";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { ShownRun } from "../api/parse-answers.ts";
import type { Problem } from "../errors.ts";

export type Style = {
  readonly colors: Colors;
  /** `12:00:00Z`, for what happened today as a rule. */
  readonly clock: (ms: number) => string;
  /** `2026-01-31 12:00:00Z` */
  readonly date: (ms: number) => string;
};

/** One document: `data` for programs, `text` for people. */
export type Shown = {
  readonly kind: string;
  readonly data: object;
  text(style: Style): readonly string[];
};

/** A run as it is followed. */
export type Beat = { readonly run: string; readonly view: ShownRun | null; readonly elapsedMs: number };

export type View = {
  /** How long to wait for news before saying that all is as it was. */
  readonly beatMs: number;
  show(shown: Shown): void;
  /** For people only, beside the data. */
  message(line: string): void;
  event(event: LedgerEvent): void;
  /** Where the run stands after the events that were just shown. */
  stands(beat: Beat): void;
  /** A sign of life while there is nothing new. */
  beat(beat: Beat): void;
  fail(problem: Problem): void;
  /** Leaves the terminal as it was found. */
  close(): void;
};
