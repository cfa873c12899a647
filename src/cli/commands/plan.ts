/**
 * `plan RUNBOOK`: what it would do to the world as it is now, rehearsed from that very state. Changes nothing.
 */
import type { RunbookOrder } from "../api/client.ts";
import { parseKept, parseSeen } from "../api/parse-snapshot.ts";
import type { PlanAnswer } from "../api/parse-answers.ts";
import type { Call, Command, Context } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT, type Exit } from "../exit.ts";
import { textOption, wholeNumberOption } from "../options.ts";
import { orderWords, runbookOrder } from "../runbook-order.ts";
import { planText } from "../plan-text.ts";
import { isBroken, isWhole, type Rehearsal, rehearsalOf } from "../rehearsal-of-plan.ts";

const MOST_FAULT_NIGHTS = 200;

export const plan: Command = async (call, context) => {
  const order = await runbookOrder(call, context);
  const faultNights = faultNightsOf(call);
  const file = textOption(call, "snapshot");
  const answer =
    file === null
      ? await (await context.api()).plan(order)
      : await keptPlan(order, { context, file: context.outside.resolvePath(file) });
  const rehearsal = await rehearsalOf(answer, { context, snapshot: seenIn(answer.seen), faultNights });
  const exit = exitOf(answer, rehearsal);
  const run = context.again(["run", ...orderWords(order), "--plan-hash", answer.plan.hash]);
  const next = exit === EXIT.ok ? run : context.again(["status"]);
  context.view.show({
    kind: "plan",
    data: { ...answer, rehearsal, next: exit === EXIT.ok ? run : null },
    text: (style) => planText({ answer, rehearsal, next }, style),
  });
  return exit;
};

/** A rule that a rehearsal broke weighs more than a guard that does its work. */
function exitOf({ refusals }: PlanAnswer, rehearsal: Rehearsal | null): Exit {
  if (rehearsal !== null && isBroken(rehearsal)) return EXIT.failed;
  if (refusals.length > 0) return EXIT.refused;
  return rehearsal === null || isWhole(rehearsal) ? EXIT.ok : EXIT.failed;
}

function faultNightsOf(call: Call): number {
  const why = "each is a night of its own, with other faults, from the same state";
  const next = "./wildcam plan --help";
  const bounds = { least: 1, most: MOST_FAULT_NIGHTS, why, next };
  return wholeNumberOption(call, { name: "withFaults", flagName: "--with-faults", ...bounds }) ?? 0;
}

/** The state that `plan --json` printed once, planned again with this checkout's code. */
async function keptPlan(
  order: RunbookOrder,
  { context, file }: { readonly context: Context; readonly file: string },
): Promise<PlanAnswer> {
  const text = await context.outside.readText(file);
  const next = "keep one with ./wildcam plan RUNBOOK --from A --to B --json > FILE";
  if (text === null)
    throw malformed({ what: `there is no file ${file}`, why: "a snapshot is read from a file", next });
  const kept = parseKept(text);
  if (kept === null) {
    const why = "it is no document of a plan, or it was cut short";
    throw malformed({ what: `${file} holds no snapshot that could be used`, why, next });
  }
  const { profile, seen } = kept;
  const inventory = await context.inventory();
  const planned = await context.outside.planFrom({ ...order, inventory, profile, snapshot: seenIn(seen) });
  return { ...planned, refusals: [...planned.refusals], seen };
}

function seenIn(seen: PlanAnswer["seen"]) {
  const parsed = parseSeen(seen);
  if (parsed.ok) return parsed.snapshot;
  throw malformed({
    what: `the plan's snapshot cannot be used: ${parsed.why}`,
    why: "a plan is rehearsed from the whole state that it was made from, or not at all",
    next: "./wildcam runbook check-upgrade",
  });
}
