/** Whether a look may be told just now how things were some time ago: then nobody can know better. */
import type { ModelWorld } from "../world/model-world.ts";

export function mayBeToldOld(world: ModelWorld): boolean {
  return world.hasFault("stale-read") || world.hasFault("torn-list");
}
