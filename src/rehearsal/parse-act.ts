/** An act as a ledger names it, back into the act. */
import { z } from "zod";
import type { JsonObject } from "../domain/json.ts";
import type { Act } from "../engine/act.ts";
import { blockWrites, promote, stopCleanly, unblockWrites } from "../runbooks/acts/primary.ts";
import {
  createSlot,
  detach,
  dropSlot,
  follow,
  rebuild,
  setSynchronous,
} from "../runbooks/acts/replication.ts";
import { scaleCluster } from "../runbooks/acts/scale-cluster.ts";
import { setWeights } from "../runbooks/acts/set-weights.ts";

const place = z.object({ database: z.string(), cloud: z.string() });
const slot = place.extend({ slot: z.string() });
const weights = z.object({ weights: z.record(z.string(), z.int()) });
const scaling = z.object({ cluster: z.string(), replicas: z.int() });

const READY_MS = 300_000;

/** Throws RangeError for an op that is not known, ZodError for params that are not the op's. */
export function actOf(op: string, params: JsonObject): Act {
  switch (op) {
    case "set-weights":
      return setWeights(weights.parse(params).weights, op);
    case "scale":
      return scaleCluster({ ...scaling.parse(params), readyDeadlineMs: READY_MS });
    case "block-writes":
      return blockWrites(place.parse(params));
    case "unblock-writes":
      return unblockWrites(place.parse(params));
    case "stop-cleanly":
      return stopCleanly(place.parse(params));
    case "promote":
      // A ledger names no slot: none is needed where nothing is taken back.
      return promote(place.parse(params), "");
    case "create-slot":
      return createSlot(place.parse(params), slot.parse(params).slot);
    case "drop-slot":
      return dropSlot(place.parse(params), slot.parse(params).slot);
    case "follow": {
      const { primary, slot: through } = slot.extend({ primary: z.string() }).parse(params);
      return follow(place.parse(params), primary, through);
    }
    case "detach":
      return detach(place.parse(params), slot.parse(params).slot);
    case "rebuild": {
      const { primary, slot: through } = slot.extend({ primary: z.string() }).parse(params);
      return rebuild(place.parse(params), { primary, slot: through, deadlineMs: READY_MS });
    }
    case "set-synchronous":
      return setSynchronous(place.parse(params), place.extend({ names: z.string() }).parse(params).names);
    default:
      throw new RangeError(`no act is called "${op}"`);
  }
}
