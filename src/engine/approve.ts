/**
 * Approval of a plan by its hash: from policy, or from people who did not ask for the run.
 *
 * Invariants
 * 1. An approval counts only for this very hash, once a person, and never from the requester.
 * 2. It is waited for with a bound; an approval that lapses refuses the run and changes nothing.
 */
import type { Plan } from "./planning.ts";
import { Refusal } from "./failures.ts";
import type { Run } from "./run.ts";

export async function approve(run: Run, plan: Plan): Promise<void> {
  const rule = run.engine.approvalOf(run.bound.name);
  if (rule.by === "policy") {
    run.record.note(
      "approved",
      { hash: plan.hash, rule: `policy of profile ${run.request.profile}` },
      "policy",
    );
    return;
  }
  const { approvalForMs } = run.engine;
  run.record.note("approval-asked", {
    hash: plan.hash,
    count: rule.count,
    untilMs: run.record.nowMs + approvalForMs,
    requestedBy: run.request.requestedBy,
  });
  await run.record.effect("ask for approval", async (signal) => {
    const text = `${run.bound.name} (${run.request.run}) waits for ${rule.count} approval(s) of plan ${plan.hash.slice(0, 12)}`;
    const message = { key: `${run.request.run}/approval`, severity: "info", to: "approvers", text } as const;
    await run.engine.world.notify.send(message, signal);
    return null;
  });
  const lapse = run.journal.sleep(approvalForMs);
  const given = new Set<string>();
  while (given.size < rule.count) {
    const next = run.journal.command(run.commands);
    const first = await run.journal.race([next, lapse]);
    if (first === 1)
      throw new Refusal("the approval lapsed before enough people gave it", {
        hash: plan.hash,
        given: [...given],
      });
    const command = await next;
    run.commands += 1;
    run.record.passed(command.atMs);
    if (command.type === "reject") {
      run.record.note("rejected", { hash: plan.hash, why: command.why }, command.by);
      throw new Refusal(`${command.by} rejected the plan: ${command.why}`, { hash: plan.hash });
    }
    if (command.type !== "approve") continue;
    if (command.hash !== plan.hash || command.by === run.request.requestedBy) continue;
    given.add(command.by);
    run.record.note("approved", { hash: plan.hash }, command.by);
  }
}
