/** What the sweep's main thread and its workers say to each other. */
import type { Ground } from "../../rehearsal/ground.ts";
import type { Schedule } from "../../rehearsal/schedule.ts";
import type { Broken, Night } from "../../rehearsal/sweep-report.ts";

export type WorkerGround = { readonly ground: Ground };

export type Job =
  | { readonly kind: "nights"; readonly schedules: readonly Schedule[]; readonly twice: boolean }
  | { readonly kind: "night"; readonly schedule: Schedule; readonly trace: boolean }
  | { readonly kind: "shrink"; readonly schedule: Schedule; readonly invariant: string };

export type NightsDone = {
  readonly kind: "nights";
  readonly schedules: number;
  readonly events: number;
  /** Of each night: its seed, and a digest of its signature. */
  readonly signatures: readonly string[];
  readonly cells: readonly string[];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly broken: readonly Broken[];
  readonly mismatches: readonly number[];
};

export type NightDone = {
  readonly kind: "night";
  readonly night: Night;
  /** Event by event, where it was asked for. */
  readonly lines: readonly string[];
};

export type ShrinkDone = {
  readonly kind: "shrink";
  readonly schedule: Schedule;
  readonly rehearsals: number;
};

export type Done = NightsDone | NightDone | ShrinkDone;

/** The n-th job's answer; `failed`: a fault of the program, which is never a result. */
export type Answer =
  | { readonly id: number; readonly done: Done }
  | { readonly id: number; readonly failed: string };

export type Asked = { readonly id: number; readonly job: Job };
