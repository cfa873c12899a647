/**
 * The people of this installation as its servers own them: in memory for every call, in one file for all and for the next start.
 *
 * 1. One change at a time, each on what the one before left, by somebody who is still an admin then; it holds from the
 *    moment at which it is answered.
 * 2. A change is in the audit ledger before it is made, with the digest of what it makes of the file. What was changed
 *    otherwise (by the inventory, by hand, by a crash between the two) shows as another digest at the next start, and
 *    is recorded then as found.
 * 3. Where several servers have the same people, each looks before each call whether another one has changed them, and a
 *    change is made by one of them at a time: a revocation holds everywhere from the moment at which it is answered.
 */
import { digest } from "../domain/canonical.ts";
import {
  addPerson,
  type Change,
  humanOf,
  type NewPerson,
  type People,
  personNamed,
  revokePerson,
  type Standing,
  standingOf,
} from "../domain/people.ts";
import type { Clock } from "../ports/clock.ts";
import { ApiError } from "./api/errors.ts";
import type { Audit } from "./audit.ts";
import { type Caller, callerOf, requireRole, Unauthenticated } from "./identity.ts";

/** Where they are kept: replaced whole or not at all. */
export type PeopleStore = {
  read(): Promise<People>;
  write(people: People): Promise<void>;
  /** One at a time among all who have the same place; throws `retryable` when another one does not let go of it. */
  alone<T>(work: () => Promise<T>): Promise<T>;
};

export type ShownPerson = {
  readonly name: string;
  readonly roles: readonly string[];
  readonly mail: string;
  readonly standing: Standing;
  readonly expiresAtMs: number | null;
};

type Parts = {
  readonly store: PeopleStore;
  readonly audit: Audit;
  readonly clock: Clock;
  /** Other servers have the same people; left out: none has. */
  readonly shared?: boolean;
};

export async function openPeople(parts: Parts): Promise<Registry> {
  const people = await parts.store.read();
  const recorded = await parts.audit.last("people-changed").catch(() => null);
  const registry = new Registry(parts, people);
  if (recorded?.data["digest"] !== digest(people)) {
    const shown = registry.list().map((person) => ({ ...person, roles: [...person.roles] }));
    // The next start tries again; that nothing can be recorded must not keep people from seeing the runs.
    const found = { change: "found", people: shown, digest: digest(people) };
    await parts.audit.record("people-changed", "server", found).catch(() => undefined);
  }
  return registry;
}

export class Registry {
  readonly #parts: Parts;
  #people: People;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts, people: People) {
    this.#parts = parts;
    this.#people = people;
  }

  /** What other servers have changed since. */
  async catchUp(): Promise<void> {
    if (this.#parts.shared === true) this.#people = await this.#parts.store.read();
  }

  callerOf(authorization: string | undefined): Caller {
    return callerOf(this.#people, authorization, this.#parts.clock.now());
  }

  /** Who is behind a name, also behind a revoked one; null for a name that is not known here. */
  humanNamed(name: string): string | null {
    const person = personNamed(this.#people, name);
    return person === undefined ? null : humanOf(person.mail);
  }

  list(): ShownPerson[] {
    const nowMs = this.#parts.clock.now();
    return Object.entries(this.#people).map(([name, person]) => {
      const { roles, mail, expiresAtMs } = person;
      return { name, roles, mail, standing: standingOf(person, nowMs), expiresAtMs };
    });
  }

  async add(person: NewPerson, caller: Caller): Promise<void> {
    requireRole(caller, "admin");
    const { name, roles, expiresInMs } = person;
    const said = { change: "added", name, roles: [...roles], mail: humanOf(person.mail), expiresInMs };
    await this.#change(caller, said, (people, nowMs) => addPerson(people, person, nowMs));
  }

  async revoke(name: string, caller: Caller): Promise<void> {
    requireRole(caller, "admin");
    await this.#change(caller, { change: "revoked", name }, (people, nowMs) =>
      revokePerson(people, name, { by: caller.name, nowMs }),
    );
  }

  async #change(
    caller: Caller,
    said: { readonly change: string; readonly name: string },
    decide: (people: People, nowMs: number) => Change,
  ): Promise<void> {
    const turn = this.#turn.then(() =>
      this.#parts.store.alone(async () => {
        await this.catchUp();
        this.#stillAdmin(caller);
        const change = decide(this.#people, this.#parts.clock.now());
        if (!change.ok) throw new ApiError("refused", change);
        await this.#make(change.people, caller, said);
      }),
    );
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  /** Two admins who revoke each other at once: the later one is no admin any more. */
  #stillAdmin({ name }: Caller): void {
    const person = personNamed(this.#people, name);
    if (person !== undefined && standingOf(person, this.#parts.clock.now()) === "in force") return;
    throw new Unauthenticated(name, `the token of ${name} is not in force any more`, "it ended meanwhile");
  }

  async #make(
    people: People,
    caller: Caller,
    said: { readonly change: string; readonly name: string },
  ): Promise<void> {
    const { audit, store } = this.#parts;
    await audit.record("people-changed", caller.name, { ...said, digest: digest(people) });
    try {
      await store.write(people);
    } catch (error) {
      const undone = { change: "not made", of: said.change, name: said.name, digest: digest(this.#people) };
      await audit.record("people-changed", "server", undone);
      throw new ApiError("unavailable", {
        what: `${said.name} was not ${said.change}: the people's file cannot be written`,
        why: error instanceof Error ? error.message : String(error),
        next: "make room in the state folder, then try again",
      });
    }
    this.#people = people;
  }
}
