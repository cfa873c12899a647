/** Whether a look may be told just now how things were some time ago: then nobody can know better. */
import type { ModelWorld } from "../world/model-world.ts";

const TELLS_OLD: ReadonlySet<string> = new Set(["stale-read", "torn-list"]);

export function mayBeToldOld(world: ModelWorld): boolean {
  return world.anyFault && world.faults.some(({ kind }) => TELLS_OLD.has(kind));
}
