/** The drill of the main job: traffic and primary move to another cloud and back, under load. */
import { thereAndBack } from "./runs.ts";
import type { Story } from "./stage.ts";

export const plannedFailover: Story = { loadForMsMax: 240_000, tell: thereAndBack };
