/** Changes of the outage's records, for tests of its judge. */
import { at } from "./judge.fixture.ts";
import type { OutageFixture } from "./judge-outage.fixture.ts";

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the fixture has no such record");
  return value;
}

export const event = (drill: OutageFixture, run: string, type: string) =>
  found(drill.events.find((one) => one.run === run && one.type === type));
export const shifts = (drill: OutageFixture) => drill.effects.filter(({ op }) => op === "set-weights");
export const reads = (drill: OutageFixture) => drill.requests.filter(({ method }) => method === "GET");
export const dueFrom = (drill: OutageFixture, ms: number) =>
  found(reads(drill).find(({ scheduled }) => scheduled >= at(ms)));

/** Takes an effect and everything that the ledger says of its act away. */
export function without(drill: OutageFixture, effect: { readonly key: string }, op: string): void {
  drill.effects = drill.effects.filter((one) => one !== effect);
  const acts = found(drill.events.find((one) => one.type === "planned" && effect.key.startsWith(one.run)))
    .data["acts"];
  drill.events = drill.events.filter(({ data }) => data["key"] !== effect.key);
  if (Array.isArray(acts))
    acts.splice(
      acts.findIndex((act) => JSON.stringify(act).includes(op)),
      1,
    );
  const traffic = drill.counts.findLast(({ name }) => name === "traffic");
  if (op === "set-weights" && traffic !== undefined) traffic["value"] = Number(traffic["value"]) - 1;
}
