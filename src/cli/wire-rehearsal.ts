/** Where the command line meets rehearsals: loaded when one is asked for, in words for people where it cannot be had. */
import type { Outside, PlanFromOrder, RehearsePlanOrder, SimulateOrder } from "./context.ts";
import { failed, interrupted, malformed, refused } from "./errors.ts";

export async function simulated(checkout: string, order: SimulateOrder): ReturnType<Outside["simulate"]> {
  const { simulate } = await import("../drills/sweep/simulate.ts");
  const { BadPatch } = await import("../drills/sweep/patched-copy.ts");
  const { BadSchedule } = await import("../drills/sweep/schedule-files.ts");
  const { WorkerFailed } = await import("../drills/sweep/worker-pool.ts");
  try {
    return await simulate(checkout, order);
  } catch (error) {
    const next = "./wildcam simulate --help";
    if (error instanceof BadPatch) {
      const why = "a patch is applied whole or not at all, to a copy of the source";
      throw malformed({ what: `the patch cannot be used: ${error.message}`, why, next });
    }
    if (error instanceof BadSchedule)
      throw malformed({ what: error.message, why: "a schedule is read whole or not at all", next });
    if (order.signal.aborted) throw interrupted();
    if (!(error instanceof WorkerFailed)) throw error;
    const why = "a sweep that lost a part of itself proves nothing";
    throw failed({ what: error.message, why, next: "the same command again, then report it" });
  }
}

export async function codeVersionOf(checkout: string): Promise<string> {
  const { codeVersion } = await import("../server/code-version.ts");
  return await codeVersion(`${checkout}/src`);
}

export async function plannedFrom(
  checkout: string,
  { inventory: loaded, ...order }: PlanFromOrder,
): ReturnType<Outside["planFrom"]> {
  const { planSnapshot } = await import("../rehearsal/plan-snapshot.ts");
  const { LOCAL_DURATIONS } = await import("../drivers/local/stated-durations.ts");
  const { Refusal } = await import("../engine/failures.ts");
  const { inventory, digest } = loaded;
  const ground = {
    codeVersion: await codeVersionOf(checkout),
    inventoryDigest: digest,
    stated: LOCAL_DURATIONS,
  };
  try {
    return await fitting(() => planSnapshot({ ...order, inventory }, ground));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const why = "a rule of the product does not allow it on the world as it was kept";
    throw refused({
      what: error.message,
      why,
      next: "mend what the facts show, then plan again",
      facts: error.facts,
    });
  }
}

export async function rehearsed({
  signal,
  onNight,
  ...order
}: RehearsePlanOrder): ReturnType<Outside["rehearsePlan"]> {
  const { rehearsePlan } = await import("../rehearsal/rehearse-plan.ts");
  const { setImmediate } = await import("node:timers/promises");
  return await fitting(() =>
    rehearsePlan({
      ...order,
      onNight: async (done) => {
        onNight(done);
        // A night leaves nobody else a turn: here is where Ctrl-C is heard.
        await setImmediate();
        if (signal.aborted) throw interrupted();
      },
    }),
  );
}

async function fitting<T>(work: () => Promise<T>): Promise<T> {
  const { UnusableSnapshot } = await import("../rehearsal/snapshot-fits.ts");
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnusableSnapshot)) throw error;
    const why = "a rehearsal of half a world, or of another one, proves nothing";
    throw malformed({
      what: `the snapshot does not fit the inventory: ${error.message}`,
      why,
      next: "./wildcam inventory check",
    });
  }
}
