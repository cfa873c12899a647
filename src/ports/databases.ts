/**
 * A group of PostgreSQL servers with physical replication, one member a cloud.
 *
 * Laws (held by `databases.contract.ts`). Each act answers when its effect stands at the server (not merely when it
 * was asked for), carries a token, is idempotent, and answers `found` when its aim stood already.
 * 1. `observe` never throws for a member that is down: it is `unreachable` or `stopped` in the answer.
 * 2. `blockWrites`: new transactions are read-only, and no transaction that wrote and no commit that waits for
 *    synchronous replication is left. It is advice to sessions; the proof that nothing more is acknowledged is `stopCleanly`.
 * 3. `stopCleanly`: the server wrote its shutdown checkpoint after every connected standby had received all WAL;
 *    the answer holds the checkpoint's LSN and timeline as read from `pg_control`. Never an immediate stop.
 * 4. `promote`: the member leaves recovery on a new, higher timeline, and its data directory is marked so that any
 *    accidental later start is read-only (`standby.signal` put back). Throws `refused` when it is no running standby.
 * 5. `follow`: the member is a running standby of `primary` through `slot`. A running standby is re-pointed without
 *    a restart; a stopped server is started as a standby with its own write block cleared; a server that is out of recovery is
 *    refused. If what it has lies beyond the fork of the new timeline it is `refused` (it must be cloned again).
 * 6. `startAsPrimary`: a cleanly stopped former primary runs again, writable, on its own timeline: the undo of `stopCleanly`.
 *    Refused unless it was stopped cleanly and was the primary.
 * 7. `dropSlot` is refused while the slot is active. `createSlot` reserves WAL at once.
 * 8. `marker` writes one row at the member and waits until it is acknowledged as any client's commit would be.
 * 9. `detach`: a running standby takes nothing more from whomever it followed: its receiver has ended, and all that it has
 *    received is replayed. Its acknowledgement of anything later can never be counted by a primary. Refused for what is no
 *    running standby.
 * 10. `attach`: the way back from `detach`: its settings name `primary` again, and it streams as soon as that can be reached.
 *    Nobody is waited for. Refused for what is no running standby. Like `detach` it is also how a promotion is withdrawn: once it has been
 *    answered, no `promote` with an older token takes effect there.
 * 11. `rebuild`: whatever the member was, it becomes a running standby of `primary`: from what it has, where all of that lies
 *    on the primary's own timeline; otherwise from a new base backup, and what it had is gone. Slots that it had for others are
 *    dropped, since they would only hold WAL back, and its own names of synchronous standbys are empty. Refused when `primary` is no
 *    running primary, and for a member that is itself the primary of the highest timeline.
 * 12. Where the installation's policy lets a primary acknowledge alone: before `set-synchronous` has a running primary wait for
 *    fewer standbys than its group states, that is on record where it outlives every member, and is `alone` in `observe` from
 *    then on. It leaves the record once that server waits for as many again and a commit made since has been acknowledged, or
 *    once it has become a standby. An older token changes nothing of the record.
 */
import type { Cloud, DatabaseFacts, DatabaseMemberFacts, DatabaseName } from "../domain/snapshot.ts";
import type { EffectAnswer, Token } from "./token.ts";

export type DatabaseAct =
  | { readonly act: "block-writes" }
  | { readonly act: "unblock-writes" }
  | { readonly act: "stop-cleanly" }
  | { readonly act: "start-as-primary" }
  | { readonly act: "promote" }
  | { readonly act: "follow"; readonly primary: Cloud; readonly slot: string }
  /** `slot`: through which it followed, for the way back. */
  | { readonly act: "detach"; readonly slot: string }
  | { readonly act: "attach"; readonly primary: Cloud; readonly slot: string }
  | { readonly act: "rebuild"; readonly primary: Cloud; readonly slot: string }
  | { readonly act: "create-slot"; readonly slot: string }
  | { readonly act: "drop-slot"; readonly slot: string }
  /** `names` as for `synchronous_standby_names`, e.g. `ANY 1 (standby_azure, standby_gcp)`; empty for asynchronous. */
  | { readonly act: "set-synchronous"; readonly names: string };

export type Databases = {
  observe(database: DatabaseName, signal: AbortSignal): Promise<DatabaseFacts>;
  /** Answers the member as it is once the act stands. */
  perform(
    at: { readonly database: DatabaseName; readonly cloud: Cloud },
    act: DatabaseAct,
    token: Token,
    signal: AbortSignal,
  ): Promise<EffectAnswer<DatabaseMemberFacts>>;
  /** One acknowledged commit at the member; answers its timeline and how long it took in ms. */
  marker(
    at: { readonly database: DatabaseName; readonly cloud: Cloud },
    signal: AbortSignal,
  ): Promise<{ readonly timeline: number; readonly tookMs: number }>;
};
