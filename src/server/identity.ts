/**
 * Who is calling. People come by name with a token; only the token's hash is kept. The operating system's user, a
 * header or a flag is no identity.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Role } from "../domain/inventory/schema.ts";
import { ApiError } from "./api/errors.ts";

/** `human`: who is behind the name; one human may have several. */
export type Caller = { readonly name: string; readonly human: string; readonly roles: readonly Role[] };

export type People = Readonly<Record<string, { readonly roles: readonly Role[]; readonly sha256: string }>>;

export function callerOf(people: People, authorization: string | undefined): Caller {
  const token = /^Bearer ([\w.~+/=-]{16,512})$/.exec(authorization ?? "")?.[1];
  if (token === undefined) throw unauthenticated("no token came with the call");
  const given = createHash("sha256").update(token).digest();
  for (const [name, { roles, sha256 }] of Object.entries(people)) {
    const known = Buffer.from(sha256, "hex");
    if (known.length === given.length && timingSafeEqual(known, given)) return { name, human: name, roles };
  }
  throw unauthenticated("the token is nobody's");
}

/** `admin` may do everything but what the engine refuses by name, such as approving one's own run. */
export function requireRole(caller: Caller, role: Role): void {
  if (caller.roles.includes(role) || caller.roles.includes("admin")) return;
  throw new ApiError("not-allowed", {
    what: `${caller.name} may not do this`,
    why: `it needs the role ${role}; ${caller.name} has ${caller.roles.join(", ")}`,
    next: "ask somebody who has the role, or an admin for it",
  });
}

function unauthenticated(what: string): ApiError {
  return new ApiError("unauthenticated", {
    what,
    why: "every call needs a person's token",
    next: "give --token-file FILE with a token from the state folder's tokens/",
  });
}
