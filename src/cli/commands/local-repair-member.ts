/** `local repair-member CLOUD`: a member of the orchestrator whose disk was lost comes in again as somebody new. */
import type { Command } from "../context.ts";
import { EXIT } from "../exit.ts";
import { argument } from "../options.ts";

export const localRepairMember: Command = async (call, { outside, globals, view, again }) => {
  const cloud = argument(call, 0);
  const repaired = await outside.repairMember(outside.resolvePath(globals.state), cloud);
  view.show({
    kind: "local-repair-member",
    data: { ...repaired },
    text: () => [
      `The orchestrator's member in ${cloud} is in again, as ${repaired.node}; ${repaired.before} was let go.`,
      `Next: ${again(["status"])}`,
    ],
  });
  return EXIT.ok;
};
