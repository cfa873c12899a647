/** A run that waits for people: who they are, and the exact command that one of them would type. */
import { waitsForApproval } from "../domain/waiting.ts";
import { humanOf } from "../domain/people.ts";
import type { ShownRun } from "./api/parse-answers.ts";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";

type Waiting = {
  readonly run: string;
  readonly hash: string;
  readonly requestedBy: string;
  readonly givenBy: readonly string[];
};

export async function waitingLines(view: ShownRun, context: Context): Promise<string[]> {
  if (!waitsForApproval(view)) return standingLines(view, context);
  const { run, requestedBy, approvedBy, approvalsNeeded } = view;
  const waiting = { run, hash: view.planHash ?? "", requestedBy, givenBy: approvedBy };
  const able = await approversOf(waiting, context);
  return [
    `${run} waits for ${approvalsNeeded - approvedBy.length} approval(s) of its plan; nothing is changed before that.`,
    `  who:   ${able.length === 0 ? "somebody with the role approver" : able.join(", ")}; never ${requestedBy}, who asked for it`,
    `  next:  ${await approvalCommand(waiting, context)}`,
    `  then:  ${context.again(["run", "show", run, "--follow"])}`,
  ];
}

function standingLines({ run, state, doing, offers }: ShownRun, { again }: Context): string[] {
  return [
    `${run} stands still, ${state}: ${doing}`,
    ...offers.map((offer) => `  ${offer.padEnd(8)} ${again(["run", offer, run, ...wordsFor(offer)])}`),
  ];
}

function wordsFor(offer: string): string[] {
  if (offer === "override") return ["--guard", "NAME", "--why", "TEXT"];
  return ["skip", "cancel"].includes(offer) ? ["--why", "TEXT"] : [];
}

/** With the token file of somebody who may approve it, where that lies here. */
export async function approvalCommand(waiting: Waiting, context: Context): Promise<string> {
  const { outside, globals, again } = context;
  const [first] = await approversOf(waiting, context);
  const tokenFile = first === undefined ? null : outside.tokenFileOf(globals.state, first);
  return again(["approval", "give", waiting.run, "--hash", waiting.hash], { tokenFile });
}

async function approversOf({ requestedBy, givenBy }: Waiting, context: Context): Promise<string[]> {
  try {
    const { inventory } = await context.inventory();
    const human = (name: string) => humanOf(inventory.people[name]?.mail ?? name);
    const done = [requestedBy, ...givenBy].map(human);
    const people = Object.entries(inventory.people).filter(([, { roles }]) => roles.includes("approver"));
    return people.map(([name]) => name).filter((name) => !done.includes(human(name)));
  } catch (error) {
    // Names are a help, not the point: a broken inventory must not hide that a run waits.
    if (error instanceof CliError) return [];
    throw error;
  }
}
