/**
 * Telling a run to pause, resume, retry, skip, cancel, undo or override. What the run makes of it is in its ledger: obeyed
 * or refused, and by whom it was said. Only a run that has ended is answered for here, since its ledger is closed.
 */
import { ApiError } from "./api/errors.ts";
import { type Caller, requireRole } from "./identity.ts";
import { requireOurs, type RunsDependencies } from "./runs.ts";

export type CommandOrder = {
  readonly run: string;
  readonly command: "pause" | "resume" | "retry" | "skip" | "cancel" | "undo" | "override";
  readonly why: string;
  readonly guard?: string | undefined;
};

/** What leaves out a step or a guard takes back what others have approved, so it takes an approver. */
const NEEDS_APPROVER: readonly CommandOrder["command"][] = ["skip", "override"];
const NEEDS_WHY: readonly CommandOrder["command"][] = ["skip", "cancel", "override"];

/** Answers the index of the last event before the command: what became of it comes after that. */
export async function commandRun(
  of: RunsDependencies,
  order: CommandOrder,
  caller: Caller,
  signal: AbortSignal,
): Promise<number> {
  const { run, command, why, guard } = order;
  requireRole(caller, NEEDS_APPROVER.includes(command) ? "approver" : "operator");
  if (NEEDS_WHY.includes(command) && why.trim() === "") {
    throw malformed(`${command} needs a reason`, `wildcam run ${command} ${run} --why TEXT`);
  }
  if (command === "override" && guard === undefined) {
    throw malformed("override needs the guard's name", `wildcam run show ${run}`);
  }
  const view = await requireOurs(of, run, signal);
  if (view.endedAtMs !== null) {
    throw new ApiError("refused", {
      what: `${run} has ended and takes no commands`,
      why: `it is ${view.state}`,
      next: `wildcam run show ${run}`,
    });
  }
  const said = { by: caller.name, human: caller.human, why, atMs: of.clock.now() };
  await of.runs.tell(
    run,
    command === "override" ? { type: command, guard: guard ?? "", ...said } : { type: command, ...said },
    signal,
  );
  return view.events - 1;
}

function malformed(what: string, next: string): ApiError {
  return new ApiError("malformed", { what, why: "others must be able to read why", next });
}
