/** The rehearsal that stands beside a plan, and what it comes to. */
import type { Snapshot } from "../domain/snapshot.ts";
import type { PlanRehearsal } from "../rehearsal/rehearse-plan.ts";
import type { PlanAnswer } from "./api/parse-answers.ts";
import type { Context } from "./context.ts";
import { malformed } from "./errors.ts";

export type Rehearsal = PlanRehearsal & {
  /** Rehearsed with this checkout's code, which is not the orchestrator's. */
  readonly otherCode: boolean;
};

type Asked = { readonly context: Context; readonly snapshot: Snapshot; readonly faultNights: number };

/** Null where it cannot be had; people are told why. Throws where it was asked for by name. */
export async function rehearsalOf(
  { plan, profile }: PlanAnswer,
  { context, snapshot, faultNights }: Asked,
): Promise<Rehearsal | null> {
  const { io, outside, view } = context;
  const { inventory, digest, path } = await context.inventory();
  if (digest !== plan.inventoryDigest) {
    const what = `${path} is not the inventory that the plan was made with`;
    const next = "name the orchestrator's own with --inventory FILE";
    if (faultNights > 0) throw malformed({ what, why: "nights over another one prove nothing", next });
    view.message(`Not rehearsed: ${what}; ${next}.`);
    return null;
  }
  const code = outside.codeVersion();
  const rehearsal = await outside.rehearsePlan({
    inventory,
    snapshot,
    profile,
    plan,
    faultNights,
    signal: io.interrupted,
    onNight: progressTo(context, faultNights),
  });
  return { ...rehearsal, otherCode: (await code) !== plan.codeVersion };
}

/** A rule was broken, in whichever night. */
export function isBroken({ clean, faults }: PlanRehearsal): boolean {
  const nights = faults === null ? [clean] : [clean, ...faults.troubled];
  return nights.some(({ violations }) => violations.length > 0);
}

/** Where nothing goes wrong the very plan that is shown completes. */
export function isWhole({ clean }: PlanRehearsal): boolean {
  return clean.outcome === "completed" && clean.otherPlan === null;
}

/** A line for each fifth. */
function progressTo({ view }: Context, of: number): (done: number) => void {
  let said = 0;
  return (done) => {
    const fifths = Math.floor((5 * done) / of);
    if (fifths <= said) return;
    said = fifths;
    view.message(`${done} of ${of} nights with faults`);
  };
}
