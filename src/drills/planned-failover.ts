/** The drill of the main job: traffic and primary move to another cloud and back, under load. */
import { setPriority } from "node:os";
import { thereAndBack } from "./runs.ts";
import type { Story } from "./stage.ts";

const REPORTER_NICENESS = 10;

/**
 * This process only asks and writes down from here on, and starts nothing: reading the ledger along took up to a third of a
 * processor from what is measured, just when a run began (2 cores).
 */
export const plannedFailover: Story = {
  loadForMsMax: 240_000,
  tell: async (scene, api) => {
    setPriority(REPORTER_NICENESS);
    await thereAndBack(scene, api);
  },
};
