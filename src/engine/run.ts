/** One run in flight: what it is, what it may use, and where it stands. */
import type { GuardPolicy, GuardVerdict } from "../domain/guards/guard.ts";
import type { Approval, Inventory } from "../domain/inventory/schema.ts";
import type { Json } from "../domain/json.ts";
import type { Section, Snapshot } from "../domain/snapshot.ts";
import type { Journal, KeepAnswer, Pending, PersonsCommand } from "../ports/journal.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Watchers } from "../ports/watchers.ts";
import type { Act } from "./act.ts";
import type { PlannedAct, PlanningContext } from "./planning.ts";
import type { Record } from "./record.ts";
import type { BoundRunbook } from "./runbook.ts";
import type { World } from "./world.ts";

export type EngineDependencies = {
  readonly world: World;
  readonly stores: readonly LedgerStore[];
  readonly watchers: Watchers;
  readonly planning: PlanningContext;
  readonly guards: GuardPolicy;
  readonly objective: Inventory["service"]["objective"];
  readonly holdWindowMs: number;
  readonly approvalForMs: number;
  /** How long a run that stands still waits before it tells people again. */
  readonly decisionForMs: number;
  readonly approvalOf: (runbook: string) => Approval;
  /** How often a failed effect is tried again, and the pause before the first of these in ms. */
  readonly retries: { readonly most: number; readonly firstMs: number; readonly lastMs: number };
};

export type RunRequest = {
  readonly run: string;
  readonly requestedBy: string;
  /** The human behind the name: an approval never counts from the same one. */
  readonly requestedByHuman: string;
  readonly profile: string;
  /** The plan that was shown to whoever asked; null when none was. */
  readonly planHash: string | null;
  readonly waitForLocks: boolean;
  /** Takes its locks from whoever holds them; those runs are superseded. */
  readonly preempt: boolean;
  /** Guards whose refusal was to be overridden when it was asked for; the plan then needs people. */
  readonly overrides: readonly string[];
  /** Null: somebody asked for it. Else how far it may go by itself, and in the words of which policy. */
  readonly automatic: { readonly mode: "propose" | "act"; readonly policy: string } | null;
};

/** `against`: the refusals of guards that it overrides. */
type RunApproval = {
  readonly hash: string;
  readonly count: number;
  readonly against: readonly Pick<GuardVerdict, "guard" | "why" | "facts">[];
  startByMs: number;
  finishByMs: number;
};

/** An act that was begun, with the facts from before it, for its undo. `refused`: a commit that its effector refused. */
export type Begun = { readonly act: Act; readonly before: Snapshot; readonly refused?: true };

/** That its locks are kept has been asked for, and not been heard yet. */
export type Keeping = {
  readonly locks: readonly string[];
  readonly untilMs: number | null;
  readonly why: string;
  readonly answers: Pending<KeepAnswer[]>;
};

export type Run = {
  readonly request: RunRequest;
  readonly bound: BoundRunbook;
  readonly journal: Journal;
  readonly record: Record;
  readonly engine: EngineDependencies;
  readonly epochs: Map<string, number>;
  /** Until when its locks cannot be taken by asking, by its plan; null before there is one. */
  lockUntilMs: number | null;
  keeping: Keeping | null;
  /** Its locks are kept without a maximum for now. */
  sealed: boolean;
  /** Acts since the last good point, oldest first. */
  begun: Begun[];
  /** By target: the states in which this run's acts found it, and in which they were to leave it. */
  readonly left: Map<string, readonly Json[]>;
  /** What is left of the approved plan's acts. */
  planned: PlannedAct[];
  /** The last full or partial reading of the world. */
  facts: Snapshot | null;
  /** The section that was read behind everything that this run has done, and in which nothing has been done since. */
  fresh: Section | null;
  sequence: number;
  /** How many commands have been taken. */
  commands: number;
  /** How often it has stood still. */
  waits: number;
  /** A pause that waits for the end of a pivot, a hold or a step. */
  pauseAsked: PersonsCommand | null;
  /** Under way: before its commit, or behind it. */
  pivot: "open" | "committed" | null;
  /** By when the pivot under way is to be over, ms since the epoch. */
  pivotUntilMs: number;
  /** What it could not do behind its commit within that time: people were told, and may have it let go. */
  overdue: string | null;
  /** The last failure of a step that was noted. */
  lastFailure: string;
  undoing: boolean;
  /** Null: from policy, which does not lapse. */
  approval: RunApproval | null;
  /** An act that was tried and that the world has not been seen to have. */
  inDoubt: string | null;
  /** Whether anything was changed in the world by this run. */
  touched: boolean;
};
