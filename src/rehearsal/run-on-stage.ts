/** One run of a rehearsed installation, as people see it: its events, what it waits for, and how it ended. */
import { z } from "zod";
import type { JsonObject } from "../domain/json.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import type { RunEnd } from "../engine/execute.ts";
import type { ApprovedAct } from "../simulation/rules/approved.ts";
import type { DurableRun } from "../simulation/journal.ts";
import type { Order } from "./schedule.ts";

const approved = z.object({
  acts: z.array(z.object({ op: z.string(), target: z.string(), params: z.json() })),
});

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
  "act-failed",
]);

export class RunOnStage {
  readonly order: Order;
  readonly durable: DurableRun;
  readonly events: LedgerEvent[] = [];
  standing: Standing | null = null;
  planHash: string | null = null;
  undoing = false;
  ended: RunEnd | null = null;

  constructor(order: Order, durable: DurableRun) {
    this.order = order;
    this.durable = durable;
  }

  /** Whether it is a new event, and not one that a replay says again. */
  saw(event: LedgerEvent): boolean {
    if (event.index < this.events.length) return false;
    this.events.push(event);
    const { type, data } = event;
    if (!WHILE_STANDING.has(type)) this.standing = null;
    if (type === "planned" && typeof data["hash"] === "string") this.planHash = data["hash"];
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
}

/** The acts of a plan, as whoever judges compares them with what happens. */
export function approvedActs({ data }: LedgerEvent): ApprovedAct[] {
  return approved.parse(data).acts;
}

function textIn(data: JsonObject, key: string): string {
  const value = data[key];
  return typeof value === "string" ? value : "";
}
