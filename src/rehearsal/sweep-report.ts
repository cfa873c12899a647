/** What a sweep finds, in a form that everybody who shows it can read. */
import type { Coverage } from "./coverage.ts";
import type { Rehearsed } from "./rehearse.ts";
import type { Schedule } from "./schedule.ts";

/** One night that broke an invariant. */
export type Broken = {
  readonly seed: number;
  readonly invariant: string;
  readonly what: string;
  readonly lastEvents: readonly string[];
};

export type SweepOrder = {
  readonly runbook: string | null;
  readonly fromSeed: number;
  readonly seeds: number;
  /** How many of the seeds are rehearsed twice; their digests have to be equal. */
  readonly twice: number;
};

export type SweepReport = {
  readonly order: SweepOrder;
  readonly schedules: number;
  readonly events: number;
  readonly distinct: number;
  readonly broken: readonly Broken[];
  readonly mismatches: readonly number[];
  readonly doubles: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly coverage: Coverage;
  readonly durationMs: number;
  readonly threads: number;
};

export type Progress = { readonly done: number; readonly of: number; readonly broken: number };

/** `counts` is of use only to whoever enumerates, `ledger` to whoever compares plans. */
export type Night = Omit<Rehearsed, "counts" | "ledger">;

/** One night that was looked at by itself. */
export type NightReport = {
  readonly title: string;
  readonly schedule: Schedule;
  readonly night: Night;
  /** Event by event, where it was asked for. */
  readonly lines: readonly string[];
  /** The smallest that still breaks the same; null where nothing was broken, or nobody asked. */
  readonly shrunk: { readonly schedule: Schedule; readonly rehearsals: number } | null;
};

export type Simulation =
  | {
      readonly kind: "sweep";
      readonly report: SweepReport;
      /** Of the first night that broke something, where it was asked for. */
      readonly shrunk: NightReport["shrunk"];
    }
  | { readonly kind: "nights"; readonly nights: readonly NightReport[] };

/** Which nights: of many seeds, of one, of a scenario by its name, or of a schedule in a file. */
export type Nights =
  | { readonly of: "seeds"; readonly from: number; readonly count: number; readonly twice: number }
  | { readonly of: "seed"; readonly seed: number }
  | { readonly of: "scenario"; readonly name: string }
  | { readonly of: "file"; readonly file: string };
