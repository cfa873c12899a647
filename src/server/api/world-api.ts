import type { Approval } from "../../domain/inventory/schema.ts";
import type { Durations } from "../../engine/durations.ts";
import type { PlanningContext } from "../../engine/planning.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import type { World } from "../../engine/world.ts";
import type { StatedDurations } from "../../ports/stated.ts";
import type { ActingParts } from "../acting.ts";
import type { Audit } from "../audit.ts";
import type { AutomationParts } from "../automation-control.ts";
import type { HealthBoard } from "../health-board.ts";
import type { Oversight } from "../oversight.ts";
import type { Registry } from "../people.ts";
import type { RunsDependencies } from "../runs.ts";

/** What the API needs of the world, and of what decides and acts in it. */
export type WorldApi = {
  readonly people: Registry;
  readonly audit: Audit;
  readonly world: World;
  readonly planning: PlanningContext;
  readonly context: RunbookContext;
  readonly profile: string;
  readonly runs: RunsDependencies;
  readonly oversight: Oversight;
  readonly acting: ActingParts;
  readonly approvalOf: (runbook: string) => Approval;
  readonly board: HealthBoard;
  readonly automation: Pick<AutomationParts, "automation" | "policy" | "schedule">;
  readonly pace: { readonly past: () => Promise<Durations>; readonly stated: StatedDurations };
};
