/** `status`: the first thing that is typed at 3 a.m. */
import { clusterCapacities, readyCapacity } from "../../domain/capacity.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { StatusAnswer } from "../api/parse-answers.ts";
import type { Command, Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { type Capacity, statusText } from "../status-text.ts";

export const status: Command = async (_call, context) => {
  const api = await context.api();
  // The inventory is read while the orchestrator reads the world.
  const [answer, inventory] = await Promise.all([api.status(), inventoryOrNone(context)]);
  const capacity = inventory === null ? null : capacityOf(answer, inventory);
  context.view.show({
    kind: "status",
    data: { ...answer, capacity },
    text: (style) => statusText({ answer, capacity, nowMs: context.io.now() }, style),
  });
  const { acts, why } = answer.orchestrator;
  if (acts) return EXIT.ok;
  // The world is shown all the same, and by hand everything can still be done.
  context.view.message(`The orchestrator does not act: ${why ?? "nobody knows why"}.`);
  context.view.message(`Next: ${context.again(["local", "status"])}`);
  return EXIT.unreachable;
};

/** Null when it cannot be read: the rest of the status is still worth having. */
async function inventoryOrNone(context: Context): Promise<Inventory | null> {
  try {
    return (await context.inventory()).inventory;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    context.view.message(`capacity is not shown: ${error.problem.what}`);
    return null;
  }
}

function capacityOf({ snapshot }: StatusAnswer, inventory: Inventory): Capacity {
  const perSecond = readyCapacity(clusterCapacities(inventory.clusters, snapshot.clusters));
  const total = Object.values(perSecond).reduce((sum, one) => sum + one, 0);
  const share = (one: number) => ({
    readyPerSecond: one,
    percent: total === 0 ? 0 : Math.round((100 * one) / total),
  });
  return Object.fromEntries(
    Object.entries(perSecond).map(([cloud, one]): [string, Capacity[string]] => [cloud, share(one)]),
  );
}
