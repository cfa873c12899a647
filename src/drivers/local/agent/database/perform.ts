/** From an act to the function that carries it out. */
import type { DatabaseAct } from "../../../../ports/databases.ts";
import type { DatabaseContext } from "./context.ts";
import type { Done } from "./done.ts";
import { attach, detach } from "./detach.ts";
import { follow } from "./follow.ts";
import { promote, startAsPrimary, stopCleanly } from "./lifecycle.ts";
import { rebuild } from "./rebuild.ts";
import { blockWrites, createSlot, dropSlot, setSynchronous, unblockWrites } from "./settings.ts";

export async function perform(context: DatabaseContext, act: DatabaseAct): Promise<Done> {
  switch (act.act) {
    case "block-writes":
      return await blockWrites(context);
    case "unblock-writes":
      return await unblockWrites(context);
    case "stop-cleanly":
      return await stopCleanly(context);
    case "start-as-primary":
      return await startAsPrimary(context);
    case "promote":
      return await promote(context);
    case "follow":
      return await follow(context, act.primary, act.slot);
    case "detach":
      return await detach(context);
    case "attach":
      return await attach(context, act.primary, act.slot);
    case "rebuild":
      return await rebuild(context, act.primary, act.slot);
    case "create-slot":
      return await createSlot(context, act.slot);
    case "drop-slot":
      return await dropSlot(context, act.slot);
    case "set-synchronous":
      return await setSynchronous(context, act.names);
  }
}
