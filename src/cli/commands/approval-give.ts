/** `approval give RUN --hash HASH`: says yes, or no with a reason, to one very plan. */
import type { ApprovalOrder } from "../api/client.ts";
import type { Call, Command } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { argument, durationOption, flag, hashOption, textOption } from "../options.ts";

export function parseApproval(call: Call): ApprovalOrder {
  const run = argument(call, 0);
  const why = textOption(call, "why");
  const reject = flag(call, "reject");
  if (reject && (why === null || why.trim() === "")) {
    throw malformed({
      what: "--reject wants --why TEXT",
      why: "who asked for the run needs to know what to change",
      next: "./wildcam approval give --help",
    });
  }
  return {
    run,
    hash: hashOption(call, "hash", "--hash") ?? "",
    decision: reject ? "reject" : "approve",
    why,
    startWithinMs: durationOption(call, "startWithin", "--start-within"),
    finishWithinMs: durationOption(call, "finishWithin", "--finish-within"),
  };
}

export const approvalGive: Command = async (call, context) => {
  const order = parseApproval(call);
  const api = await context.api();
  await api.decide(order);
  const next = context.again(["run", "show", order.run, "--follow"]);
  const said = order.decision === "approve" ? "approved" : "rejected";
  context.view.show({
    kind: "approval-given",
    data: { run: order.run, hash: order.hash, decision: order.decision, next },
    text: () => [`${said} plan ${order.hash.slice(0, 12)} of ${order.run}`],
  });
  context.view.message(`next: ${next}`);
  return EXIT.ok;
};
