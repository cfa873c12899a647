/** `plan RUNBOOK`: what it would do to the world as it is now. Changes nothing. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { directionWords, runbookOrder } from "../options.ts";
import { planText } from "../plan-text.ts";

export const plan: Command = async (call, context) => {
  const order = await runbookOrder(call, context);
  const api = await context.api();
  const answer = await api.plan(order);
  const run = context.again(["run", ...directionWords(order), "--plan-hash", answer.plan.hash]);
  const refused = answer.refusals.length > 0;
  context.view.show({
    kind: "plan",
    data: { ...answer, next: refused ? null : run },
    text: (style) => planText({ answer, next: refused ? context.again(["status"]) : run }, style),
  });
  return refused ? EXIT.refused : EXIT.ok;
};
