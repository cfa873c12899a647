/**
 * Automation as people see and steer it. Every change is in the audit ledger before it is made.
 *
 * `stop` makes nothing begin from then on, and has the runs that began by themselves, scheduled ones too, stand still at
 * their next step: by the pause that any run can be told, so never inside a pivot.
 */
import { BEGUN_BY_ITSELF } from "../domain/automatic-order.ts";
import { AUTOMATIC_ACTIONS, type AutomaticAction, type Mode } from "../domain/automatic-actions.ts";
import { type AutomationPolicy, type AutomationState, modesOf } from "../domain/automation.ts";
import { viewOf } from "../engine/views.ts";
import type { Automation } from "../ports/automation.ts";
import { PortError } from "../ports/errors.ts";
import type { Schedule } from "../ports/schedule.ts";
import type { Audit } from "./audit.ts";
import { type Caller, requireRole } from "./identity.ts";
import { listRuns, type RunsDependencies } from "./runs.ts";

export type AutomationParts = {
  readonly automation: Automation;
  readonly policy: AutomationPolicy;
  readonly schedule: Pick<Schedule, "show">;
  readonly audit: Audit;
  readonly runs: RunsDependencies;
  /** Throws `unavailable` when nothing that is ordered would be done: it might be done long after its caller was told no. */
  readonly requireActing: () => Promise<void>;
};

/** The time that a change has, from when it is begun: whether anything is acted on at all is found out before. */
type Within = () => AbortSignal;

export async function showAutomation({ automation, policy }: AutomationParts, signal: AbortSignal) {
  return shown(await automation.show(signal), policy);
}

export async function setMode(
  { automation, policy, audit, requireActing }: AutomationParts,
  order: { readonly action: AutomaticAction; readonly mode: Mode },
  caller: Caller,
  within: Within,
) {
  requireRole(caller, "admin");
  await requireActing();
  await audit.record("automation-changed", caller.name, { change: "set", ...order });
  return shown(await automation.setMode({ ...order, by: caller.name }, within()), policy);
}

export async function startAutomation(
  { automation, policy, audit, requireActing }: AutomationParts,
  caller: Caller,
  within: Within,
) {
  requireRole(caller, "admin");
  await requireActing();
  await audit.record("automation-changed", caller.name, { change: "start" });
  return shown(await automation.start(within()), policy);
}

/** Whoever may start a run may stop what starts by itself. */
export async function stopAutomation(parts: AutomationParts, why: string, caller: Caller, within: Within) {
  requireRole(caller, "operator");
  const { automation, policy, audit, requireActing } = parts;
  await requireActing();
  await audit.record("automation-changed", caller.name, { change: "stop", why });
  const signal = within();
  const state = await automation.stop({ by: caller.name, why }, signal);
  return { ...shown(state, policy), ...(await pauseAll(parts, state, { caller, why, signal })) };
}

type Asked = { readonly caller: Caller; readonly why: string; readonly signal: AbortSignal };

/** Also those that were begun a moment ago and have written nothing yet. One that cannot be told does not keep the others going. */
async function pauseAll(
  { runs, schedule }: AutomationParts,
  { begun }: AutomationState,
  { caller, why, signal }: Asked,
): Promise<{ readonly paused: readonly string[]; readonly unreached: readonly string[] }> {
  const own = (await listRuns(runs)).filter(({ requestedBy }) => BEGUN_BY_ITSELF.includes(requestedBy));
  const { entries } = await schedule.show(signal);
  const scheduled = Object.values(entries).flatMap(({ open }) => open?.run ?? []);
  const paused: string[] = [];
  const unreached: string[] = [];
  for (const run of new Set([...own.map((view) => view.run), ...begun, ...scheduled])) {
    const ended = viewOf(await runs.store.read(run).catch(() => []))?.endedAtMs ?? null;
    if (ended !== null) continue;
    const said = { by: caller.name, human: caller.human, why, atMs: runs.clock.now() };
    try {
      await runs.runs.tell(run, { type: "pause", ...said }, signal);
      paused.push(run);
    } catch (error) {
      // Refused: it has ended meanwhile.
      if (!(error instanceof PortError) || error.kind !== "refused") unreached.push(run);
    }
  }
  return { paused, unreached };
}

function shown(state: AutomationState, policy: AutomationPolicy) {
  const modes = modesOf(state, policy);
  return {
    profile: policy.profile,
    stopped: state.stopped,
    runsPerHour: policy.runsPerHour,
    actions: AUTOMATIC_ACTIONS.map((action) => ({
      action,
      mode: modes[action],
      stated: policy.modes[action],
      setBy: state.setByHand[action]?.by ?? null,
      setAtMs: state.setByHand[action]?.atMs ?? null,
    })),
    outages: Object.entries(state.clouds).flatMap(([cloud, { outage }]) =>
      outage === null ? [] : [{ cloud, ...outage }],
    ),
    begun: state.begun,
  };
}
