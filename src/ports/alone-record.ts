/**
 * Where it is on record whose commits may be acknowledged by fewer standbys than the inventory states.
 *
 * Laws
 * 1. What was written is read from then on, by every server of the orchestrator, also after the loss of any one cloud.
 * 2. A write under an older token than the last one's is refused (`PortError` of kind `refused`), and changes nothing.
 * 3. A read never guesses: it throws where the record cannot be read.
 */
import type { Cloud, DatabaseName } from "../domain/snapshot.ts";
import type { Token } from "./token.ts";

export type AloneOrder = {
  readonly database: DatabaseName;
  readonly cloud: Cloud | null;
  readonly token: Pick<Token, "epoch" | "sequence">;
};

export type AloneRecord = {
  read(database: DatabaseName, signal: AbortSignal): Promise<Cloud | null>;
  write(order: AloneOrder, signal: AbortSignal): Promise<void>;
};
