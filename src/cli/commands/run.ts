/** `run RUNBOOK`: starts it and follows it to its end. */
import type { RunOrder } from "../api/client.ts";
import type { Call, Command, Context } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { followRun } from "../follow.ts";
import { flag, hashOption, knownGuard, textOption } from "../options.ts";
import { orderWords, runbookOrder } from "../runbook-order.ts";

const RUN_VERBS = ["show", "list", "pause", "resume", "retry", "skip", "undo", "cancel", "override"];

export type RunOptions = { readonly order: RunOrder; readonly detach: boolean };

export async function parseRun(call: Call, context: Context): Promise<RunOptions> {
  const planHash = hashOption(call, "planHash", "--plan-hash");
  const order = await runbookOrder(call, context, RUN_VERBS);
  const preempt = flag(call, "preempt");
  if (preempt && textOption(call, "confirm") !== order.runbook) {
    throw malformed({
      what: "--preempt wants --confirm with the runbook's name",
      why: "runs that hold its locks are superseded where they stand, and nothing of them is undone",
      next: `${context.again(["run", ...orderWords(order)])} --preempt --confirm ${order.runbook}`,
    });
  }
  const override = textOption(call, "override");
  const overrides = override === null ? [] : [knownGuard(override)];
  const how = { planHash, wait: flag(call, "wait"), preempt, overrides };
  return { order: { ...order, ...how }, detach: flag(call, "detach") };
}

export const run: Command = async (call, context) => {
  const { order, detach } = await parseRun(call, context);
  const api = await context.api();
  const name = await api.start(order);
  const again = context.again(["run", "show", name, "--follow"]);
  if (detach) {
    context.view.show({ kind: "run-started", data: { run: name, next: again }, text: () => [name] });
    context.view.message(`It runs by itself. See it with: ${again}`);
    return EXIT.ok;
  }
  context.view.message(`${name} has been taken. Ctrl-C leaves it running.`);
  return followRun({ run: name, fresh: order.wait ? "queued" : "yes" }, context);
};
