/**
 * Names of status pages, asked of name servers directly. The system's own lookup waits in a small pool that the whole process
 * shares, for as long as name servers are silent, and cannot be called off: in the outage that a page is read for, other lookups
 * would queue up behind it. `/etc/hosts` is not read; a status page that is only named there is one of loopback.
 */
import { Resolver } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { callbackify } from "node:util";

type Found = { readonly address: string; readonly family: 4 | 6 };

/** Asks each name server once. */
export function ownLookup(resolver = new Resolver({ timeout: 3_000, tries: 1 })): LookupFunction {
  const find = callbackify(async (hostname: string) => await addressesOf(resolver, hostname));
  return (hostname, { all }, done) => {
    find(hostname, (error, found) => {
      // Without an error there is at least one.
      const [first] = error === null ? found : [];
      if (first === undefined) done(error, []);
      else if (all === true) done(null, [...found]);
      else done(null, first.address, first.family);
    });
  };
}

async function addressesOf(resolver: Resolver, hostname: string): Promise<readonly Found[]> {
  if (hostname === "localhost") return [{ address: "127.0.0.1", family: 4 }];
  const four = await resolver.resolve4(hostname).catch((error: unknown) => error);
  if (Array.isArray(four) && four.length > 0)
    return four.map((address: string): Found => ({ address, family: 4 }));
  const six = await resolver.resolve6(hostname);
  if (six.length === 0) throw new Error(`no address of ${hostname}`);
  return six.map((address): Found => ({ address, family: 6 }));
}
