/** `run pause|resume|retry|skip|cancel|undo|override RUN`: tells a run, and waits to hear what it makes of it. */
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { Api } from "../api/client.ts";
import type { RunCommand } from "../api/parse-answers.ts";
import type { Call, Command, Context } from "../context.ts";
import { CliError, malformed } from "../errors.ts";
import { EXIT, type Exit } from "../exit.ts";
import { argument, textOption } from "../options.ts";

/** A step may take this long to end, and only then the run listens. */
const HEARD_WITHIN_MS = 30_000;

const wantsWhy: readonly RunCommand[] = ["skip", "cancel", "override"];

export function tellRun(command: RunCommand): Command {
  return async (call, context) => {
    const order = parse(command, call);
    const api = await context.api();
    const after = await api.tell(order);
    const answer = await heard(api, { run: order.run, command, after }, context);
    return say(answer, order.run, command, context);
  };
}

function parse(command: RunCommand, call: Call) {
  const run = argument(call, 0);
  const why = textOption(call, "why")?.trim() ?? "";
  if (why === "" && wantsWhy.includes(command)) {
    throw malformed({
      what: `run ${command} wants --why TEXT`,
      why: "others must be able to read why",
      next: `./wildcam run ${command} --help`,
    });
  }
  return { run, command, why, guard: textOption(call, "guard") };
}

type Awaited = { readonly run: string; readonly command: RunCommand; readonly after: number };

async function heard(
  api: Api,
  { run, command, after }: Awaited,
  { io }: Context,
): Promise<LedgerEvent | null> {
  const untilMs = io.now() + HEARD_WITHIN_MS;
  for (let last = after; io.now() < untilMs && !io.interrupted.aborted; ) {
    const events = await api.events(run, last, 5_000);
    last = events.at(-1)?.index ?? last;
    const found = events.find(
      ({ type, data }) => ANSWERS.includes(type) && (data["command"] ?? "skip") === command,
    );
    if (found !== undefined) return found;
    if (events.at(-1)?.type === "run-ended") return null;
  }
  return null;
}

const ANSWERS: readonly LedgerEvent["type"][] = ["commanded", "command-refused", "step-skipped"];

function say(answer: LedgerEvent | null, run: string, command: RunCommand, context: Context): Exit {
  const next = context.again(["run", "show", run, "--follow"]);
  if (answer?.type === "command-refused") {
    const { why } = answer.data;
    throw new CliError({
      exit: EXIT.refused,
      code: "refused",
      what: `${run} does not take ${command} now`,
      why: typeof why === "string" ? why : "",
      next,
      facts: {},
    });
  }
  const until = answer?.data["putOffUntil"];
  const obeyed = answer !== null && until === undefined;
  const text = obeyed
    ? `${run}: ${command}`
    : `${run} has been told: ${command}; it obeys at ${typeof until === "string" ? until : "the end of its step"}`;
  context.view.show({ kind: "run-told", data: { run, command, obeyed, next }, text: () => [text] });
  context.view.message(`next: ${next}`);
  return EXIT.ok;
}
