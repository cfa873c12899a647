/** What the acts on this cloud's server work with. */
import type { Keeper } from "../../keeper/client.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { MemberConfig, Secrets } from "../../postgres/member.ts";

export type DatabaseContext = {
  readonly member: MemberConfig;
  readonly secrets: Secrets;
  readonly keeper: Keeper;
  /** The kept superuser connection. Nothing on it may wait for replication. */
  readonly connection: Connection;
};

/** How long a question to a server that runs may take. */
export const questionWithinMs = 2_000;
