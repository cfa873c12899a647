/** One run of a rehearsed installation, as people see it: its events, what it waits for, and how it ended. */
import { z } from "zod";
import type { JsonObject } from "../domain/json.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { RunEnd } from "../engine/execute.ts";
import type { ApprovedAct } from "../simulation/rules/approved.ts";
import type { DurableRun } from "../simulation/journal.ts";
import type { Order } from "./schedule.ts";

const approved = z.object({
  acts: z.array(z.object({ name: z.string(), op: z.string(), target: z.string(), params: z.json() })),
});

/** What a run says that it leaves out, when that is the way back of an act. */
const WAY_BACK = "undo of ";

/** What a run stands still for. */
export type Standing = {
  readonly state: string;
  readonly offers: readonly string[];
  /** The plan's hash, where an approval is waited for. */
  readonly hash: string | null;
};

// What is said of a run that stands still, while it goes on standing still.
const WHILE_STANDING: ReadonlySet<string> = new Set([
  "command-refused",
  "approved",
  "wait-lapsed",
  "waiting",
  // Behind a commit it goes on trying meanwhile.
  "check-failed",
  "act-retried",
  // Done is not shown: what people were called for is the whole step.
  "act-done",
  "act-failed",
]);

export class RunOnStage {
  readonly order: Order;
  readonly durable: DurableRun;
  readonly requestedBy: string;
  readonly events: LedgerEvent[] = [];
  standing: Standing | null = null;
  planHash: string | null = null;
  /** As whoever judges compares them with what happens. */
  approvedActs: readonly (ApprovedAct & { readonly name: string })[] = [];
  undoing = false;
  /** People had it pass over a step, or go on against a guard. */
  isHelped = false;
  /** People had it leave something as it stands on its way back. */
  leavesSome = false;
  ended: RunEnd | null = null;

  constructor(order: Order, durable: DurableRun, requestedBy: string) {
    this.order = order;
    this.durable = durable;
    this.requestedBy = requestedBy;
  }

  /** Whether it is a new event, and not one that a replay says again. */
  saw(event: LedgerEvent): boolean {
    if (event.index < this.events.length) return false;
    this.events.push(event);
    const { type, data } = event;
    const isPutOff = type === "commanded" && textIn(data, "putOffUntil") !== "";
    if (!WHILE_STANDING.has(type) && !isPutOff) this.standing = null;
    if (type === "planned" && typeof data["hash"] === "string") this.planHash = data["hash"];
    if (type === "planned") this.approvedActs = approved.parse(data).acts;
    if (type === "step-skipped" || data["command"] === "override") this.isHelped = true;
    if (type === "undo-started") this.undoing = true;
    if (type === "undone") this.undoing = false;
    if (type === "waiting") {
      const offers = Array.isArray(data["offers"]) ? data["offers"].map(String) : [];
      this.standing = { state: textIn(data, "state"), offers, hash: null };
    }
    if (type === "approval-asked")
      this.standing = { state: "approval", offers: ["approve"], hash: textIn(data, "hash") };
    return true;
  }

  /** The act that people had it leave as it stands, where it was to take it back. */
  leftStanding({ type, data }: Pick<LedgerEvent, "type" | "data">): ApprovedAct | null {
    const name = textIn(data, "name");
    if (type !== "step-skipped" || !name.startsWith(WAY_BACK)) return null;
    this.leavesSome = true;
    return this.approvedActs.findLast((act) => act.name === name.slice(WAY_BACK.length)) ?? null;
  }
}

function textIn(data: JsonObject, key: string): string {
  const value = data[key];
  return typeof value === "string" ? value : "";
}
