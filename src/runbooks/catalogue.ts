/** All runbooks. One that is not here does not exist. */
import type { RunbookName } from "../domain/runbook-names.ts";
import type { AnyRunbook } from "../engine/runbook.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { restoreTraffic } from "./restore-traffic/runbook.ts";
import { rollback } from "./rollback/runbook.ts";
import { surviveOutage } from "./survive-outage/runbook.ts";

export const RUNBOOKS: Readonly<Record<RunbookName, AnyRunbook>> = {
  "manual-failover": manualFailover,
  rollback,
  "survive-outage": surviveOutage,
  "restore-traffic": restoreTraffic,
};

export function findRunbook(name: string): AnyRunbook | undefined {
  return Object.values(RUNBOOKS).find((runbook) => runbook.name === name);
}
