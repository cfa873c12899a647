/**
 * Who may come to an installation: names, roles, mails, and the digests of tokens. Pure; the server keeps the file.
 *
 * 1. A token is kept as its SHA-256 alone, and is one person's.
 * 2. A name is given once and never again, also when it was revoked: the ledger speaks of people by name.
 * 3. A human is a mail. One human may have several names, as after a lost token; what counts humans counts mails.
 * 4. There is always somebody who may change people: the last lasting admin cannot be revoked, and nobody revokes
 *    themselves.
 * 5. Whatever the ledger uses for what is no person (`engine`, `policy`, ...) is nobody's name.
 */
import { z } from "zod";
import { didYouMean } from "./names.ts";
import { ROLES, type Role } from "./roles.ts";

export const personNamePattern = /^[a-z][a-z0-9.-]{0,63}$/;
export const RESERVED_NAMES: readonly string[] = [
  "audit",
  "automation",
  "engine",
  "nobody",
  "policy",
  "schedule",
  "server",
  "watcher",
];

const personRow = z.strictObject({
  roles: z.array(z.enum(ROLES)).min(1),
  mail: z.email(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Milliseconds since the epoch; null: never. */
  expiresAtMs: z.int().min(0).nullable(),
  revokedAtMs: z.int().min(0).nullable(),
  /** Those of the inventory are brought up to date with it whenever the world comes up. */
  source: z.enum(["inventory", "added"]),
});

export const peopleFile = z.record(z.string().regex(personNamePattern), personRow);

export type Person = Readonly<z.output<typeof personRow>>;
export type People = Readonly<Record<string, Person>>;

/** What makes two names one person. */
export function humanOf(mail: string): string {
  return mail.trim().toLowerCase();
}

export type Standing = "in force" | "expired" | "revoked";

export function standingOf({ expiresAtMs, revokedAtMs }: Person, nowMs: number): Standing {
  if (revokedAtMs !== null) return "revoked";
  return expiresAtMs !== null && expiresAtMs <= nowMs ? "expired" : "in force";
}

/** Own entries only: a name such as `constructor` is nobody's. */
export function personNamed(people: People, name: string): Person | undefined {
  return Object.hasOwn(people, name) ? people[name] : undefined;
}

export type NewPerson = {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly mail: string;
  readonly sha256: string;
  readonly expiresInMs: number | null;
};

type No = { readonly what: string; readonly why: string; readonly next: string };
export type Change = { readonly ok: true; readonly people: People } | ({ readonly ok: false } & No);

const MOST_PEOPLE = 1_000;

export function addPerson(people: People, person: NewPerson, nowMs: number): Change {
  const { name, mail, sha256, expiresInMs } = person;
  const known = personNamed(people, name);
  if (known !== undefined) {
    const gone = known.revokedAtMs !== null ? "; it was revoked" : "";
    return no(
      `there is a person "${name}" already${gone}`,
      "a name is given once: the ledger speaks of people by name",
      `choose another name; with the same mail it is the same person`,
    );
  }
  if (RESERVED_NAMES.includes(name))
    return no(`"${name}" cannot be a person's name`, "the ledger uses it", "choose another name");
  if (Object.values(people).some((other) => other.sha256 === sha256))
    return no("this token is somebody's already", "a token is one person's", "make another token");
  if (Object.keys(people).length >= MOST_PEOPLE)
    return no(`there are ${MOST_PEOPLE} people already`, "the list has a limit", "wildcam people list");
  const row: Person = {
    roles: ROLES.filter((role) => person.roles.includes(role)),
    mail: humanOf(mail),
    sha256,
    expiresAtMs: expiresInMs === null ? null : nowMs + expiresInMs,
    revokedAtMs: null,
    source: "added",
  };
  return { ok: true, people: { ...people, [name]: row } };
}

export function revokePerson(
  people: People,
  name: string,
  at: { readonly by: string; readonly nowMs: number },
): Change {
  const known = personNamed(people, name);
  if (known === undefined) {
    const near = didYouMean(name, Object.keys(people));
    return no(`there is no person "${name}"${near}`, "nobody has that name", "wildcam people list");
  }
  if (known.revokedAtMs !== null)
    return no(`${name} is revoked already`, "nothing is left to revoke", "wildcam people list");
  if (name === at.by)
    return no(
      "nobody revokes themselves",
      "an admin who did so by mistake could not take it back",
      "ask another admin",
    );
  if (isLastLastingAdmin(people, name, at.nowMs))
    return no(
      `${name} is the last admin whose token does not expire`,
      "somebody has to be able to change people",
      "add another admin first: wildcam people add NAME --role admin --mail MAIL",
    );
  return { ok: true, people: { ...people, [name]: { ...known, revokedAtMs: at.nowMs } } };
}

function isLastLastingAdmin(people: People, name: string, nowMs: number): boolean {
  const lasting = Object.entries(people).filter(
    ([, row]) =>
      row.roles.includes("admin") && row.expiresAtMs === null && standingOf(row, nowMs) === "in force",
  );
  return lasting.length === 1 && lasting[0]?.[0] === name;
}

function no(what: string, why: string, next: string): Change {
  return { ok: false, what, why, next };
}
