/**
 * Who is calling. People come by name with a token; only the token's digest is kept.
 *
 * 1. The header `Authorization: Bearer` is the only way in. The operating system's user, another header, an address or
 *    a flag is no identity.
 * 2. Every row is compared, each in constant time: how long it takes says nothing about whose token it nearly was.
 * 3. Whoever holds a token may be told what became of it; of anybody else's nothing is said.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { humanOf, type People, standingOf } from "../domain/people.ts";
import { grants, type Role } from "../domain/roles.ts";
import { ApiError } from "./api/errors.ts";

/** `human` is the same for all names of one person. */
export type Caller = { readonly name: string; readonly human: string; readonly roles: readonly Role[] };

/** `who` is the one whose token it was; null when it is nobody's. */
export class Unauthenticated extends ApiError {
  readonly who: string | null;

  constructor(who: string | null, what: string, why: string) {
    const next =
      "give --token-file FILE with a token that is in force; wildcam people list names who has one";
    super("unauthenticated", { what, why, next });
    this.who = who;
  }
}

export function callerOf(people: People, authorization: string | undefined, nowMs: number): Caller {
  const token = /^Bearer ([\w.~+/=-]{16,512})$/.exec(authorization ?? "")?.[1];
  if (token === undefined) {
    throw new Unauthenticated(null, "no token came with the call", "every call needs a person's token");
  }
  const given = createHash("sha256").update(token).digest();
  const [found] = Object.entries(people).filter(([, { sha256 }]) =>
    isSame(Buffer.from(sha256, "hex"), given),
  );
  if (found === undefined)
    throw new Unauthenticated(null, "the token is nobody's", "every call needs a person's token");
  const [name, person] = found;
  const standing = standingOf(person, nowMs);
  switch (standing) {
    case "in force":
      return { name, human: humanOf(person.mail), roles: person.roles };
    case "expired":
    case "revoked":
      throw new Unauthenticated(
        name,
        `the token of ${name} ${standing === "expired" ? "has expired" : "was revoked"}`,
        `since ${momentOf(standing === "expired" ? person.expiresAtMs : person.revokedAtMs)} it is not accepted`,
      );
    default:
      return standing satisfies never;
  }
}

export function requireRole(caller: Caller, role: Role): void {
  if (grants(caller.roles, role)) return;
  throw new ApiError("not-allowed", {
    what: `${caller.name} may not do this`,
    why: `it needs the role ${role}; ${caller.name} has ${caller.roles.join(", ")}`,
    next: "ask somebody who has the role, or an admin for it",
  });
}

function isSame(known: Buffer, given: Buffer): boolean {
  return known.length === given.length && timingSafeEqual(known, given);
}

function momentOf(ms: number | null): string {
  return ms === null ? "now" : new Date(ms).toISOString();
}
