/**
 * What the copies of one run's record prove together. Pure: it is given what was read, and touches no file.
 *
 * 1. `holds` and `open` are proofs: every copy is one unbroken chain in our own spelling, all are alike, and a head of
 *    the expected installation signs the last event of each. `open`: the run has not ended.
 * 2. `broken`: no crash leaves this. Somebody or something changed the record after it was written.
 * 3. `unsettled`: what a crash in the middle of the last append leaves: an end that no head signs yet, or that one store
 *    has and another has not. Nothing that was signed is lost. Files alone cannot tell it from an addition by hand, so
 *    it is no proof; it goes away when the engine takes the run up again, and gives the same events or refuses others.
 * 4. `foreign`: signed, but by another installation than the one that is asked for.
 */
import type { LedgerHead, SignatureCheck } from "./ledger-head.ts";
import { isSignedBy } from "./ledger-head.ts";
import { findChainFault, hasEnd, type LedgerEvent } from "./ledger.ts";

/** One store's copy of one run's ledger, as it was found. */
export type LedgerCopy = {
  /** The file of its events. */
  readonly store: string;
  /** Whether that file is there. */
  readonly present: boolean;
  readonly events: readonly LedgerEvent[];
  /** Something that is no whole line follows the last event. */
  readonly torn: boolean;
  /** Why it cannot be read as a ledger of ours. */
  readonly fault: string | null;
  /** Null: none is there. A text: why what is there is no head. */
  readonly head: LedgerHead | string | null;
};

export type Verdict = "holds" | "open" | "unsettled" | "foreign" | "broken";

export type Proof = {
  readonly run: string;
  readonly verdict: Verdict;
  readonly events: number;
  /** What keeps it from being a proof, the worst first. */
  readonly faults: readonly string[];
  /** The hash of the last event: what a person may write down and compare later. */
  readonly head: string | null;
  /** When the newest head was signed, ms since the epoch, and by which installation. */
  readonly signedAtMs: number | null;
  readonly signedBy: string | null;
};

type Finding = { readonly verdict: "unsettled" | "foreign" | "broken"; readonly text: string };

const WORST_FIRST = ["broken", "foreign", "unsettled"] as const;

export function proveRun(run: string, copies: readonly LedgerCopy[], check: SignatureCheck): Proof {
  const findings = [...copies.flatMap((copy) => findingsOf(run, copy, check)), ...differences(copies)];
  const worst = WORST_FIRST.find((verdict) => findings.some((finding) => finding.verdict === verdict));
  const ended = copies.every(({ events }) => hasEnd(events));
  const longest = copies.toSorted((left, right) => right.events.length - left.events.length)[0];
  const heads = copies.flatMap(({ head }) => (head === null || typeof head === "string" ? [] : [head]));
  const newest = heads.toSorted((left, right) => right.index - left.index)[0];
  return {
    run,
    verdict: worst ?? (ended ? "holds" : "open"),
    events: longest?.events.length ?? 0,
    faults: WORST_FIRST.flatMap((verdict) =>
      findings.filter((finding) => finding.verdict === verdict).map(({ text }) => text),
    ),
    head: longest?.events.at(-1)?.hash ?? null,
    signedAtMs: newest?.time ?? null,
    signedBy: newest?.installation ?? null,
  };
}

/** Whether a verdict is a proof. */
export function isProved({ verdict }: Proof): boolean {
  return verdict === "holds" || verdict === "open";
}

function findingsOf(run: string, copy: LedgerCopy, check: SignatureCheck): Finding[] {
  const { store, events, head } = copy;
  const broken = (text: string): Finding[] => [{ verdict: "broken", text: `${store}: ${text}` }];
  if (copy.fault !== null) return broken(copy.fault);
  if (!copy.present && head !== null) return broken("it is gone, and its head is still there");
  if (!copy.present) return broken("this store lacks the run");
  const chain = findChainFault(events);
  if (chain !== null) return broken(`event ${chain.index} ${chain.fault}`);
  const stranger = events.find((event) => event.run !== run);
  if (stranger !== undefined) return broken(`it is the record of ${stranger.run}`);
  const end = events.findIndex(({ type }) => type === "run-ended");
  if (end >= 0 && (end < events.length - 1 || copy.torn)) return broken("it goes on after its end");
  return headFindings(run, copy, check);
}

function headFindings(
  run: string,
  { store, events, torn, head }: LedgerCopy,
  check: SignatureCheck,
): Finding[] {
  const finding = (verdict: Finding["verdict"], text: string): Finding[] => [
    { verdict, text: `${store}: ${text}` },
  ];
  if (head === null) return finding("unsettled", "no head signs it");
  if (typeof head === "string") return finding("broken", `its head ${head}`);
  if (head.run !== run) return finding("broken", `its head is of ${head.run}`);
  const last = events.length - 1;
  if (head.index > last)
    return finding("broken", `it was cut: its head is of event ${head.index}, and the last is ${last}`);
  if (events[head.index]?.hash !== head.hash)
    return finding("broken", `event ${head.index} is not the one that its head signs`);
  if (head.installation !== check.installation)
    return finding("foreign", `signed by ${head.installation}, not by ${check.installation}`);
  if (!isSignedBy(head, check)) return finding("broken", "the signature of its head does not hold");
  if (head.index < last)
    return finding("unsettled", `no head signs what follows event ${head.index} (${last - head.index} more)`);
  return torn ? finding("unsettled", `half a line follows event ${last}`) : [];
}

/** Copies of one chain differ only in length after a crash: appends go to all stores, and the next waits for all. */
function differences(copies: readonly LedgerCopy[]): Finding[] {
  const readable = copies.filter(({ present, fault }) => present && fault === null);
  if (copies.length === 0) return [{ verdict: "broken", text: "there is no copy" }];
  const [first, ...others] = readable;
  if (first === undefined) return [];
  return others.flatMap((other): Finding[] => {
    const pair = `${first.store} and ${other.store} differ`;
    const lengths = `(${first.events.length} and ${other.events.length} events)`;
    const shorter = Math.min(first.events.length, other.events.length);
    for (let index = 0; index < shorter; index += 1) {
      if (first.events[index]?.hash === other.events[index]?.hash) continue;
      return [{ verdict: "broken", text: `${pair} from event ${index} on ${lengths}` }];
    }
    if (first.events.length === other.events.length) return [];
    return [{ verdict: "unsettled", text: `${pair} in length ${lengths}` }];
  });
}
