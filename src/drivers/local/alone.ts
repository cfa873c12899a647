/**
 * The Databases port where policy lets a primary acknowledge alone: the same, and law 12 of it. Nothing of this is in the path
 * of an installation whose writes wait.
 */
import { standbysWaitedFor } from "../../domain/synchronous.ts";
import type { Alone, Cloud, DatabaseFacts, DatabaseName } from "../../domain/snapshot.ts";
import type { AloneRecord } from "../../ports/alone-record.ts";
import type { Databases } from "../../ports/databases.ts";
import type { Token } from "../../ports/token.ts";

const readWithinMs = 1_500;

type At = { readonly database: DatabaseName; readonly cloud: Cloud };

export function withAloneRecord(
  databases: Databases,
  of: {
    readonly record: AloneRecord;
    /** How many standbys a commit waits for by the inventory. */
    readonly synchronous: Readonly<Record<DatabaseName, number>>;
  },
): Databases {
  const { record } = of;
  const stated = (database: DatabaseName) => of.synchronous[database] ?? 0;
  const aloneIn = async (database: DatabaseName, signal: AbortSignal): Promise<Alone | null> => {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(readWithinMs)]);
    return await record.read(database, bound).then(
      (cloud) => ({ cloud }),
      () => null,
    );
  };
  /** `at` waits for as many as stated again: with a commit that was acknowledged so, standbys have all there is. */
  const leavesRecord = async (at: At, token: Token, signal: AbortSignal): Promise<void> => {
    const { database, cloud } = at;
    if ((await record.read(database, signal)) !== cloud) return;
    const streaming = streamingFrom(await databases.observe(database, signal), cloud);
    // Nothing would be acknowledged: it stays on record, and whoever needs it off sees that.
    if (streaming < stated(database)) return;
    await databases.marker(at, signal);
    await record.write({ database, cloud: null, token }, signal);
  };
  return {
    observe: async (database, signal) => {
      const [facts, alone] = await Promise.all([
        databases.observe(database, signal),
        aloneIn(database, signal),
      ]);
      return { ...facts, alone };
    },
    perform: async (at, act, token, signal) => {
      const { database, cloud } = at;
      if (act.act === "set-synchronous" && standbysWaitedFor(act.names) < stated(database)) {
        const facts = await databases.observe(database, signal);
        if (facts.members[cloud]?.role === "primary") await record.write({ database, cloud, token }, signal);
        return await databases.perform(at, act, token, signal);
      }
      const answer = await databases.perform(at, act, token, signal);
      if (act.act === "set-synchronous") await leavesRecord(at, token, signal);
      if (act.act === "follow" || act.act === "rebuild") {
        const isOff = (await record.read(database, signal)) === cloud;
        if (isOff) await record.write({ database, cloud: null, token }, signal);
      }
      return answer;
    },
    marker: async (at, signal) => await databases.marker(at, signal),
  };
}

function streamingFrom({ members }: DatabaseFacts, primary: Cloud): number {
  return Object.values(members).filter(({ follows, streaming }) => follows === primary && streaming).length;
}
