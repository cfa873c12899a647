/**
 * The runbooks that exist, by name. Here, where everything may see it, so that the inventory can tell a misspelt
 * approval from one that is meant, without loading any runbook.
 */
export const RUNBOOK_NAMES = ["manual-failover", "rollback", "survive-outage", "restore-traffic"] as const;

export type RunbookName = (typeof RUNBOOK_NAMES)[number];
