/** `approval list`: plans that wait for people, with the command that approves each. */
import type { PendingApproval } from "../api/parse-answers.ts";
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { inputText } from "../views/event-line.ts";
import { columns } from "../views/columns.ts";
import { approvalCommand } from "../waiting.ts";

export const approvalList: Command = async (_call, context) => {
  const api = await context.api();
  const pending = await api.approvals();
  const approvals: (PendingApproval & { readonly next: string })[] = [];
  for (const one of pending) approvals.push({ ...one, next: await approvalCommand(one, context) });
  context.view.show({
    kind: "approvals",
    data: { approvals },
    text: ({ date }) => {
      if (approvals.length === 0) return ["Nothing waits for people."];
      return approvals.flatMap(
        ({ run, runbook, input, hash, requestedBy, count, givenBy, against, untilMs, next }, index) => [
          ...(index === 0 ? [] : [""]),
          ...columns([
            ["run", run],
            ["what", `${runbook} ${inputText(input)}, asked for by ${requestedBy}`],
            [
              "given",
              `${givenBy.length} of ${count}${givenBy.length === 0 ? "" : ` (${givenBy.join(", ")})`}, lapses ${date(untilMs)}`,
            ],
            ...against.map((words) => ["against", words]),
            ["plan", hash],
            ["next", next],
          ]),
        ],
      );
    },
  });
  return EXIT.ok;
};
