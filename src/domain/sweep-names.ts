/** What nights can be drawn of, besides the planned moves. Here, so that the command line can name it without loading any. */
import { RUNBOOK_NAMES } from "./runbook-names.ts";

/** Nights that nobody begins: automation does. */
export const BY_ITSELF = "automation";

export const SWEEP_NAMES: readonly string[] = [...RUNBOOK_NAMES, BY_ITSELF];
