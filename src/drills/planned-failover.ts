/** The drill of the main job: traffic and primary move to another cloud and back, under load. */
import { setPriority } from "node:os";
import { thereAndBack } from "./runs.ts";
import type { Story } from "./stage.ts";

const DRILL_NICENESS = 10;

/**
 * This process asks, writes down and keeps watch over the world's keepers from here on, and starts nothing: reading the ledger
 * along took up to a third of a processor from what is measured, just when a run began (profiled on 2 cores). Other drills kill
 * and start processes in the middle, and these would be as nice; and with the sabotage that drops a request all requests
 * pass through here.
 */
export const plannedFailover: Story = {
  loadForMsMax: 240_000,
  tell: async (scene, api) => {
    if (scene.options.sabotage !== "drop-request") setPriority(DRILL_NICENESS);
    await thereAndBack(scene, api);
  },
};
