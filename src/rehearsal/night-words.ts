/** What befell a night, in words: only what really struck, not what the schedule had in store. */
import type { Length, PersonsAct, Place, Schedule } from "./schedule.ts";

/** `signature`: of the night as it was rehearsed; `strikes.ts` writes it. */
export function whatStruck({ faults, people, over = false }: Schedule, signature: string): string[] {
  const struck = (what: string, { call, phase }: Place) => signature.includes(`${what} @ ${call} ${phase}`);
  return [
    ...(over ? ["the outage was over before the run began"] : []),
    ...faults
      .filter(({ kind, actor, at }) => struck(`${kind} ${actor}`, at))
      .map(({ kind, actor, at, lasts }) => `${kind} of ${actor} ${placeText(at)}${lengthOf(lasts)}`),
    ...people
      .filter((act) => !isAskedFor(act) && struck(`${act.by} ${saying(act)}`, act.at))
      .map(
        (act) => `${act.by} ${act.does === "say" ? `says ${act.word}` : startText(act)} ${placeText(act.at)}`,
      ),
  ];
}

function saying(act: PersonsAct): string {
  return act.does === "say" ? act.word : "starts";
}

function startText({ order }: Extract<PersonsAct, { readonly does: "start" }>): string {
  const { from, to, cloud } = order.input;
  return `starts ${order.runbook} ${cloud === undefined ? `from ${from ?? ""} to ${to ?? ""}` : `of ${cloud}`}`;
}

/** An approval by those who were asked is no trouble. */
function isAskedFor(act: PersonsAct): boolean {
  return act.does === "say" && act.word === "approve" && act.by.startsWith("approver-");
}

function placeText({ call, nth, phase }: Place): string {
  return `${phase} "${call}"${nth === 1 ? "" : ` (${nth})`}`;
}

function lengthOf(lasts: Length): string {
  if (lasts === null) return "";
  if ("calls" in lasts) return `, for ${lasts.calls} call${lasts.calls === 1 ? "" : "s"}`;
  return lasts.ms < 1_000 ? `, for ${lasts.ms} ms` : `, for ${lasts.ms / 1_000} s`;
}
