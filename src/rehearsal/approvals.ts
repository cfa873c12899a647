/** Whoever has to approve does, in a night in which nothing goes wrong. */
import { approvalRule, selectProfile } from "../domain/inventory/profile.ts";
import type { RunbookName } from "../domain/runbook-names.ts";
import type { Ground } from "./ground.ts";
import type { PersonsAct } from "./schedule.ts";

const APPROVED_AFTER_MS = 60_000;
const APPROVED_FOR_MS = 24 * 3_600_000;

export function approvals({ inventory }: Ground, runbook: RunbookName, profile: string): PersonsAct[] {
  const rule = approvalRule(selectProfile(inventory, profile), runbook);
  if (rule.by === "policy") return [];
  return Array.from({ length: rule.count }, (_, index) => ({
    does: "say" as const,
    word: "approve" as const,
    by: `approver-${index + 1}`,
    rightHash: true,
    forMs: APPROVED_FOR_MS,
    at: { call: "tell approvers", nth: 1, phase: "behind" as const },
    afterMs: APPROVED_AFTER_MS,
    twice: false,
  }));
}
