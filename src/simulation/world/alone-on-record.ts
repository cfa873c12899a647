/** The record of who may acknowledge alone, as a model group keeps it: law 12 of `ports/databases.ts`. */
import type { Alone, Cloud } from "../../domain/snapshot.ts";
import { quorumOf } from "./member.ts";
import type { Replication } from "./replication.ts";

export type AloneAtFirst = {
  /** Standbys that a commit waits for, where policy lets a primary acknowledge alone; 0: nobody is ever on record. */
  readonly stated: number;
  /** Null: the record cannot be read. */
  readonly alone: Alone | null;
};

export class AloneOnRecord {
  readonly #replication: Replication;
  readonly #stated: number;
  readonly #canBeRead: boolean;
  /** `raisedAt`: how far it was when it began to wait for as many again. */
  #alone: { readonly cloud: Cloud; readonly raisedAt: number | null } | null;

  constructor(replication: Replication, { stated, alone }: AloneAtFirst) {
    this.#replication = replication;
    this.#stated = stated;
    this.#canBeRead = alone !== null;
    const cloud = alone?.cloud ?? null;
    this.#alone = cloud === null ? null : { cloud, raisedAt: null };
  }

  /** As whoever asks gets it. Where it could not be read when the night began, it cannot be until its end. */
  get told(): Alone | null {
    return this.#canBeRead ? this.read() : null;
  }

  /** It leaves the record when standbys have all that it acknowledged alone, or when it is a standby itself. */
  read(): Alone {
    if (this.#alone === null) return { cloud: null };
    const { cloud, raisedAt } = this.#alone;
    const { running, primary } = this.#replication.member(cloud);
    const isSafe = raisedAt !== null && this.#replication.safePosition(cloud) >= raisedAt;
    if (!isSafe && (primary || !running)) return { cloud };
    this.#alone = null;
    return { cloud: null };
  }

  /** The names that a server goes by have been set. */
  named(cloud: Cloud, names: string): void {
    const { primary, position } = this.#replication.member(cloud);
    const isLess = (quorumOf(names)?.count ?? 0) < this.#stated;
    if (isLess && primary) this.#alone = { cloud, raisedAt: null };
    else if (!isLess && this.#alone?.cloud === cloud) this.#alone = { cloud, raisedAt: position };
  }
}
