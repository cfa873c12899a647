/** One run in flight: what it is, what it may use, and where it stands. */
import type { GuardPolicy } from "../domain/guards/guard.ts";
import type { Approval, Inventory } from "../domain/inventory/schema.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Journal } from "../ports/journal.ts";
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
  readonly approvalOf: (runbook: string) => Approval;
  /** How often a failed effect is tried again, and the pause before the first of these in ms. */
  readonly retries: { readonly most: number; readonly firstMs: number; readonly lastMs: number };
};

export type RunRequest = {
  readonly run: string;
  readonly requestedBy: string;
  readonly profile: string;
  /** The plan that was shown to whoever asked; null when none was. */
  readonly planHash: string | null;
  readonly waitForLocks: boolean;
};

/** An act that was begun, with the facts from before it, for its undo. */
export type Begun = { readonly act: Act; readonly before: Snapshot };

export type Run = {
  readonly request: RunRequest;
  readonly bound: BoundRunbook;
  readonly journal: Journal;
  readonly record: Record;
  readonly engine: EngineDependencies;
  readonly epochs: Map<string, number>;
  /** Acts since the last good point, oldest first. */
  begun: Begun[];
  /** What is left of the approved plan's acts. */
  planned: PlannedAct[];
  /** The last full or partial reading of the world. */
  facts: Snapshot | null;
  sequence: number;
  commands: number;
  /** Whether anything was changed in the world by this run. */
  touched: boolean;
};
