/** The rules of the record of who may acknowledge alone; whoever keeps it goes by them. */
import type { Cloud } from "./snapshot.ts";

export type AloneNote = { readonly cloud: Cloud | null; readonly epoch: number; readonly sequence: number };

export const NOBODY_ALONE: AloneNote = { cloud: null, epoch: 0, sequence: 0 };

/** Null: the order is older than what stands. */
export function noted(stands: AloneNote, order: AloneNote): AloneNote | null {
  const isOlder =
    order.epoch < stands.epoch || (order.epoch === stands.epoch && order.sequence < stands.sequence);
  return isOlder ? null : order;
}
