/**
 * Approval of a plan by its hash: from policy, or from people who did not ask for the run.
 *
 * Invariants
 * 0. A run that began by itself is approved by the mode of automation that it was begun in, and says so.
 * 1. An approval counts only for this very hash, once a human, and never from the human who asked, whatever their names.
 * 2. It is waited for with a bound; one that is not given in time refuses the run and changes nothing more.
 * 3. It names by when the first act has to begin and until when acts may. It lapses before an act, never in a pivot; then
 *    people are asked again, for the same plan.
 * 4. A proposal of automation that lapses is said: what it answered is answered no more, and nothing begins it again. Of a
 *    scheduled one the schedule says how it ended.
 */
import { AUTOMATION } from "../domain/automatic-order.ts";
import type { PersonsCommand } from "../ports/journal.ts";
import { refuseCommand, superseded } from "./control.ts";
import { Cancelled, Refusal } from "./failures.ts";
import { hearKept } from "./locks.ts";
import { tellPeople } from "./notices.ts";
import { type Plan, refusalsIn } from "./planning.ts";
import type { Run } from "./run.ts";

export async function approve(run: Run, plan: Plan): Promise<void> {
  const { automatic } = run.request;
  const stated = statedRule(run);
  // What a guard refuses goes on only if people say so, whatever policy says of the runbook.
  const rule =
    run.request.overrides.length === 0 ? stated : { by: "people" as const, count: peopleOf(stated) };
  if (rule.by === "policy") {
    const rule = automatic === null ? `policy of profile ${run.request.profile}` : automatic.policy;
    const data = { hash: plan.hash, rule };
    run.record.note("approved", data, "policy");
    return;
  }
  const against = refusalsIn(plan).map(({ guard, why, facts }) => ({ guard, why, facts }));
  run.approval = { hash: plan.hash, count: rule.count, startByMs: 0, finishByMs: 0, against };
  // People may take longer than the locks are kept without it.
  await hearKept(run);
  await askForIt(run);
}

/** A run that nobody asked for goes by the mode that it was begun in: it is what people have set for it. */
function statedRule({ engine, bound, request }: Run): ReturnType<Run["engine"]["approvalOf"]> {
  const stated = engine.approvalOf(bound.name);
  switch (request.automatic?.mode) {
    case undefined:
      return stated;
    case "act":
      return { by: "policy" };
    case "propose":
      return { by: "people", count: peopleOf(stated) };
  }
}

function peopleOf(stated: ReturnType<Run["engine"]["approvalOf"]>): number {
  return stated.by === "people" ? stated.count : 1;
}

/** Before an act outside of a pivot. Answers whether people had to be asked again. */
export async function requireApproval(run: Run): Promise<boolean> {
  const { approval, record, touched } = run;
  if (approval === null) return false;
  const untilMs = touched ? approval.finishByMs : Math.min(approval.startByMs, approval.finishByMs);
  if (record.nowMs <= untilMs) return false;
  record.note("approval-lapsed", { hash: approval.hash, untilMs });
  await askForIt(run);
  return true;
}

async function askForIt(run: Run): Promise<void> {
  const { approval, record } = run;
  if (approval === null) return;
  const { approvalForMs } = run.engine;
  const { hash, count, against } = approval;
  const { requestedBy } = run.request;
  record.note("approval-asked", {
    hash,
    count,
    untilMs: record.nowMs + approvalForMs,
    requestedBy,
    ...(against.length === 0 ? {} : { against }),
  });
  await tellPeople(run, {
    key: `approval-${run.waits}`,
    severity: "info",
    to: "approvers",
    text: `${run.bound.name} (${run.request.run}) waits for ${count} approval(s) of plan ${hash.slice(0, 12)}${againstText(against)}`,
  });
  run.waits += 1;
  const given = new Map<string, PersonsCommand & { readonly type: "approve" }>();
  const lapse = run.journal.sleep(approvalForMs);
  while (given.size < count) {
    const command = await nextOr(run, lapse);
    if (command === null) {
      if (requestedBy === AUTOMATION) await sayLapsed(run);
      throw new Refusal("the approval lapsed before enough people gave it", {
        hash,
        given: [...given.keys()],
      });
    }
    take(run, given, command);
  }
  approval.startByMs = Math.min(...[...given.values()].map(({ startByMs }) => startByMs));
  approval.finishByMs = Math.min(...[...given.values()].map(({ finishByMs }) => finishByMs));
}

async function sayLapsed(run: Run): Promise<void> {
  const { run: name } = run.request;
  const text = `${run.bound.name} (${name}), proposed by automation, was not approved in time: nobody does it, and it is not proposed again. Next: ./wildcam run show ${name}`;
  await tellPeople(run, { key: `lapsed-${run.waits}`, severity: "warning", to: "operators", text });
}

function againstText(against: readonly { readonly guard: string; readonly why: string }[]): string {
  return against.map(({ guard, why }) => `; against ${guard}: ${why}`).join("");
}

/** What a person says while approval is waited for; null when the time is over. Throws Superseded. */
async function nextOr(run: Run, lapse: PromiseLike<void>): Promise<PersonsCommand | null> {
  for (;;) {
    const next = run.journal.command(run.commands);
    if ((await run.journal.race([next, lapse])) === 1) return null;
    const command = await next;
    run.commands += 1;
    run.record.passed(command.atMs);
    if (command.type === "superseded") throw superseded(run, command);
    if (command.type !== "breach") return command;
  }
}

function take(
  run: Run,
  given: Map<string, PersonsCommand & { readonly type: "approve" }>,
  command: PersonsCommand,
): void {
  const hash = run.approval?.hash ?? "";
  if (command.type === "reject") {
    run.record.note("rejected", { hash, why: command.why }, command.by);
    throw new Refusal(`${command.by} rejected the plan: ${command.why}`, { hash });
  }
  if (command.type === "cancel") {
    run.record.note("commanded", { command: "cancel", why: command.why }, command.by);
    throw new Cancelled(command);
  }
  if (command.type !== "approve") {
    refuseCommand(run, command, "the run waits for approval");
    return;
  }
  const objection = objectionTo(run, given, command);
  if (objection !== null) {
    refuseCommand(run, command, objection);
    return;
  }
  given.set(command.human, command);
  const { startByMs, finishByMs } = command;
  const overrides = [...new Set(run.approval?.against.map(({ guard }) => guard))];
  const overridden = overrides.length === 0 ? {} : { overrides, requestedBy: run.request.requestedBy };
  run.record.note("approved", { hash, startByMs, finishByMs, ...overridden }, command.by);
}

function objectionTo(
  run: Run,
  given: ReadonlyMap<string, unknown>,
  command: PersonsCommand & { readonly type: "approve" },
): string | null {
  if (command.hash !== run.approval?.hash) return "it is for another plan";
  if (command.human === run.request.requestedByHuman) return "it comes from the human who asked for the run";
  if (given.has(command.human)) return "this human has approved already";
  const { nowMs } = run.record;
  if (command.startByMs < nowMs || command.finishByMs < nowMs) return "its time is over already";
  return null;
}
