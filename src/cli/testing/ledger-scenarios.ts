/** What the ledger commands say: records that hold, and records that were cut, edited or forged, with what each must exit with. */
import { signHead } from "../../domain/ledger-head.ts";
import type { LedgerCopy } from "../../domain/ledger-proof.ts";
import { EXIT } from "../exit.ts";
import type { Scene } from "./harness.ts";
import * as runs from "./recorded-runs.ts";
import { keyOf, signerCalled } from "./signer.ts";

export type Scenario = readonly [name: string, exit: number, words: readonly string[], scene?: Scene];

const events = runs.chain([
  [
    "run-started",
    { runbook: "rollback", input: { from: "azure", to: "aws", database: "move" }, profile: "drill" },
    "olivia",
  ],
  ["act-done", { name: "promote aws", op: "promote", result: "done" }],
  ["run-ended", { outcome: "completed" }],
]);
export const copy = (store: string, parts: Partial<LedgerCopy> = {}): LedgerCopy => ({
  store: `/here/.wildcam/${store}/failover-1.jsonl`,
  present: true,
  events,
  torn: false,
  fault: null,
  head: headOf(events.length - 1),
  ...parts,
});
const headOf = (index: number, installation = "wildcam-here") => {
  const { run, hash, time } = events[index] ?? { run: "", hash: "", time: 0 };
  return signHead(signerCalled(installation), { run, index, hash, time });
};
const cut = events.slice(0, 2);
const inBoth = (parts: Partial<LedgerCopy>) => ledgers(copy("ledger", parts), copy("ledger-copy", parts));
const edited = events.map((event, index) =>
  index === 1 ? { ...event, data: { ...event.data, result: "found" } } : event,
);
export const ledgers = (...copies: readonly LedgerCopy[]) => ({ [runs.RUN]: copies });

export const ledgerScenarios: readonly Scenario[] = [
  [
    "ledger-show",
    EXIT.ok,
    ["ledger", "show", runs.RUN],
    { ledgers: ledgers(copy("ledger"), copy("ledger-copy")) },
  ],
  [
    "ledger-verify",
    EXIT.ok,
    ["ledger", "verify"],
    { ledgers: ledgers(copy("ledger"), copy("ledger-copy")), up: false },
  ],
  [
    "ledger-verify-edited",
    EXIT.failed,
    ["ledger", "verify", runs.RUN],
    { ledgers: ledgers(copy("ledger"), copy("ledger-copy", { events: edited })) },
  ],
  ["ledger-verify-cut", EXIT.failed, ["ledger", "verify", runs.RUN], { ledgers: inBoth({ events: cut }) }],
  [
    "ledger-verify-lacking",
    EXIT.failed,
    ["ledger", "verify"],
    { ledgers: ledgers(copy("ledger"), copy("ledger-copy", { present: false, events: [], head: null })) },
  ],
  [
    "ledger-verify-foreign",
    EXIT.failed,
    ["ledger", "verify"],
    { ledgers: inBoth({ head: headOf(2, "wildcam-there") }) },
  ],
  [
    "ledger-verify-foreign-key",
    EXIT.ok,
    ["ledger", "verify", "--key", "there.json"],
    {
      ledgers: inBoth({ head: headOf(2, "wildcam-there") }),
      outside: {
        ledgerKey: async (file) => keyOf(file.endsWith("/there.json") ? "wildcam-there" : "wildcam-here"),
      },
    },
  ],
  [
    "ledger-verify-unsettled",
    EXIT.failed,
    ["ledger", "verify"],
    { ledgers: ledgers(copy("ledger"), copy("ledger-copy", { events: cut, head: headOf(0) })) },
  ],
  [
    "ledger-verify-open",
    EXIT.ok,
    ["ledger", "verify", runs.RUN],
    { ledgers: inBoth({ events: cut, head: headOf(1) }) },
  ],
  ["ledger-verify-none", EXIT.ok, ["ledger", "verify"], { outside: { ledgerKey: async () => null } }],
  [
    "ledger-verify-no-key",
    EXIT.failed,
    ["ledger", "verify"],
    { ledgers: inBoth({}), outside: { ledgerKey: async () => null } },
  ],
  [
    "ledger-verify-export",
    EXIT.failed,
    ["ledger", "verify", "--from", "out"],
    {
      ledgers: ledgers(copy("ledger")),
      outside: {
        ledgerKey: async (file) =>
          file === "/here/out/ledger-public-key.json" ? keyOf("wildcam-there") : null,
        ledgerCopies: async () => [copy("out", { head: headOf(2, "wildcam-there") })],
      },
    },
  ],
  ["ledger-verify-empty-export", EXIT.malformed, ["ledger", "verify", "--from", "out"]],
  [
    "ledger-verify-absent-key",
    EXIT.malformed,
    ["ledger", "verify", "--key", "nowhere.json"],
    { ledgers: inBoth({}), outside: { ledgerKey: async () => null } },
  ],
  [
    "ledger-verify-garbage",
    EXIT.failed,
    ["ledger", "verify", runs.RUN],
    {
      ledgers: ledgers(
        copy("ledger"),
        copy("ledger-copy", { events: [], fault: "failover-1.jsonl:1 is not JSON" }),
      ),
    },
  ],
  [
    "ledger-export",
    EXIT.ok,
    ["ledger", "export", runs.RUN, "--to", "out"],
    { ledgers: inBoth({}), outside: { writeFolder: async () => undefined } },
  ],
  [
    "ledger-export-broken",
    EXIT.failed,
    ["ledger", "export", "--all", "--to", "out"],
    { ledgers: inBoth({ events: cut }) },
  ],
  ["ledger-export-what", EXIT.malformed, ["ledger", "export", "--to", "out"], { ledgers: inBoth({}) }],
  ["ledger-export-nothing", EXIT.malformed, ["ledger", "export", "--all", "--to", "out"]],
  ["ledger-unknown", EXIT.malformed, ["ledger", "show", "failover-2"], { ledgers: ledgers(copy("ledger")) }],
];
