/**
 * Whose approval counts: that of a human who did not ask for the run and has not approved it under any name. The engine
 * checks this again; here it is said to whoever asks.
 */
import type { LedgerEvent } from "../domain/ledger.ts";
import type { RunView } from "../engine/views.ts";
import { ApiError } from "./api/errors.ts";
import type { Caller } from "./identity.ts";

type HumanNamed = (name: string) => string | null;

/** Throws `not-allowed` when the caller, as a human, asked for the run or has approved its plan. */
export function requireAnotherHuman(
  view: RunView,
  events: readonly LedgerEvent[],
  caller: Caller,
  humanNamed: HumanNamed,
): void {
  const { run, requestedBy } = view;
  if (isSameHuman(caller, requestedBy, requesterOf(events) ?? humanNamed(requestedBy))) {
    throw notTwice({
      what: `${caller.name} asked for ${run}${alias(caller, requestedBy)} and may not approve it`,
      why: "an approval never counts from the requester",
    });
  }
  const before = view.approvedBy.find((name) => isSameHuman(caller, name, humanNamed(name)));
  if (before === undefined) return;
  throw notTwice({
    what: `${caller.name} has approved ${run}${alias(caller, before)} already`,
    why: "approvals are counted by human, whatever their names",
  });
}

function isSameHuman(caller: Caller, name: string, human: string | null): boolean {
  return name === caller.name || human === caller.human;
}

function alias(caller: Caller, name: string): string {
  return name === caller.name ? "" : ` as ${name}`;
}

/** As it was when the run was asked for, which no later change of people alters. */
function requesterOf([first]: readonly LedgerEvent[]): string | null {
  const human = first?.data["requestedByHuman"];
  return typeof human === "string" && human !== "" ? human : null;
}

function notTwice(words: { readonly what: string; readonly why: string }): ApiError {
  return new ApiError("not-allowed", { ...words, next: "have somebody else approve it" });
}
