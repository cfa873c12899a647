/**
 * `ledger verify [RUN]`: proves the record from the files alone: each copy is one unbroken chain, and all stores
 * have the same. A run without its end is in flight or was cut, which files alone cannot tell apart, and this says so.
 */
import { findChainFault, hasEnd } from "../../domain/ledger.ts";
import type { Command, Context, LedgerCopy } from "../context.ts";
import { EXIT } from "../exit.ts";
import { copiesOf, ledgerFolders } from "../ledger-folders.ts";
import { type Cell, columns, wrapped } from "../views/columns.ts";
import type { Style } from "../views/view.ts";

export type Proved = {
  readonly run: string;
  /** `open`: whole as far as it goes, without an end. */
  readonly verdict: "holds" | "open" | "broken";
  readonly events: number;
  readonly faults: readonly string[];
  /** Of the last event: what a person may write down and compare later. */
  readonly head: string | null;
};

export const ledgerVerify: Command = async (call, context) => {
  const folders = await ledgerFolders(context);
  const [only] = call.args;
  const names = only === undefined ? await context.outside.ledgerRuns(folders) : [only];
  const runs: Proved[] = [];
  for (const run of names) runs.push(await proveRun(run, folders, context));
  const broken = runs.filter(({ verdict }) => verdict === "broken");
  context.view.show({
    kind: "ledger-verified",
    data: { ok: broken.length === 0, stores: folders, runs },
    text: (style) => verdictText(runs, folders, style),
  });
  if (broken.length > 0)
    context.view.message(
      `${broken.length} of ${runs.length} record(s) cannot be trusted. Keep the files as they are.`,
    );
  return broken.length === 0 ? EXIT.ok : EXIT.failed;
};

const LOOKS = 3;
const LOOK_PAUSE_MS = 200;

/** A run in flight is written to one store after the other, so copies that differ only in length are looked at again. */
async function proveRun(run: string, folders: readonly string[], context: Context): Promise<Proved> {
  for (let look = 1; ; look += 1) {
    const proved = judgeCopies(run, await copiesOf(run, folders, context));
    if (proved.verdict !== "broken" || look >= LOOKS) return proved;
    await context.io.sleep(LOOK_PAUSE_MS, context.io.interrupted);
  }
}

/** Pure: what the copies of one run say together. */
export function judgeCopies(run: string, copies: readonly LedgerCopy[]): Proved {
  const longest = copies.reduce<LedgerCopy | undefined>(
    (best, copy) => (best === undefined || copy.events.length > best.events.length ? copy : best),
    undefined,
  );
  const events = longest?.events ?? [];
  const faults = [...copies.flatMap((copy) => faultsOf(run, copy)), ...differences(copies)];
  const verdict =
    faults.length > 0 ? "broken" : copies.every((copy) => hasEnd(copy.events)) ? "holds" : "open";
  return { run, verdict, events: events.length, faults, head: events.at(-1)?.hash ?? null };
}

function faultsOf(run: string, { store, events, torn, fault }: LedgerCopy): string[] {
  if (fault !== null) return [`${store}: ${fault}`];
  const chain = findChainFault(events);
  if (chain !== null) return [`${store}: event ${chain.index} ${chain.fault}`];
  const stranger = events.find((event) => event.run !== run);
  if (stranger !== undefined) return [`${store}: it is the record of ${stranger.run}`];
  const more = events.findIndex(({ type }) => type === "run-ended");
  if (more >= 0 && more < events.length - 1) return [`${store}: it goes on after its end`];
  return torn && hasEnd(events) ? [`${store}: something was written after its end`] : [];
}

function differences(copies: readonly LedgerCopy[]): string[] {
  const [first, ...others] = copies;
  if (first === undefined) return ["there is no copy"];
  return others.flatMap((other) => {
    const length = Math.max(first.events.length, other.events.length);
    for (let index = 0; index < length; index += 1) {
      if (first.events[index]?.hash === other.events[index]?.hash) continue;
      const place = `from event ${index} on (${first.events.length} and ${other.events.length} events)`;
      return [`${first.store} and ${other.store} differ ${place}`];
    }
    return [];
  });
}

function verdictText(runs: readonly Proved[], folders: readonly string[], { colors }: Style): string[] {
  if (runs.length === 0) return [`No run has been recorded in ${folders.join(", ")}.`];
  const rows = runs.map(({ run, verdict, events, head }): Cell[] => {
    const paint = { holds: colors.green, open: colors.yellow, broken: colors.red }[verdict];
    return [run, { text: verdict, paint }, `${events}`, (head ?? "").slice(0, 16)];
  });
  const faults = runs.flatMap(({ run, faults: found }) =>
    found.flatMap((fault) => wrapped(`${run}: ${fault}`, 96)),
  );
  const open = runs.some(({ verdict }) => verdict === "open");
  return [
    ...columns([["RUN", "RECORD", "EVENTS", "HEAD"], ...rows], ["left", "left", "right", "left"]),
    ...(open ? ["open: whole as far as it goes, but without an end: in flight, or cut."] : []),
    ...(faults.length === 0 ? [] : ["", ...faults]),
  ];
}
