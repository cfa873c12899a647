/** Words that cannot be understood: told from the command line and the inventory alone. */
import { EXIT } from "../exit.ts";
import type { Scenario } from "./ledger-scenarios.ts";
import * as runs from "./recorded-runs.ts";

const FAILOVER = ["manual-failover", "--from", "aws", "--to", "azure"];

export const malformedScenarios: readonly Scenario[] = [
  ["unknown-command", EXIT.malformed, ["sttus"]],
  ["unknown-verb", EXIT.malformed, ["approval", "giv"]],
  ["noun-alone", EXIT.malformed, ["approval"]],
  ["unknown-flag", EXIT.malformed, ["run", ...FAILOVER, "--detatch"]],
  ["unknown-cloud", EXIT.malformed, ["run", "manual-failover", "--from", "asw", "--to", "azure"]],
  ["not-of-a-move", EXIT.malformed, ["run", ...FAILOVER, "--database", "force"]],
  ["unknown-runbook", EXIT.malformed, ["plan", "manual-failver", "--from", "aws", "--to", "azure"]],
  ["misspelt-verb-of-run", EXIT.malformed, ["run", "shwo", "failover-1", "--from", "aws", "--to", "azure"]],
  ["from-is-to", EXIT.malformed, ["plan", "rollback", "--from", "aws", "--to", "aws"]],
  ["missing-option", EXIT.malformed, ["plan", "rollback", "--from", "aws"]],
  ["missing-argument", EXIT.malformed, ["run", "show"]],
  ["missing-value", EXIT.malformed, ["status", "--state"]],
  [
    "unknown-value",
    EXIT.malformed,
    ["plan", "rollback", "--from", "azure", "--to", "aws", "--database", "stya"],
  ],
  ["unknown-profile", EXIT.malformed, ["local", "up", "--profile", "dril"], { up: false }],
  ["short-hash", EXIT.malformed, ["approval", "give", runs.RUN, "--hash", "3f3f3f"]],
  ["reject-without-why", EXIT.malformed, ["approval", "give", runs.RUN, "--hash", runs.HASH, "--reject"]],
  ["cancel-without-why", EXIT.malformed, ["run", "cancel", runs.RUN]],
  ["unknown-guard", EXIT.malformed, ["run", "override", runs.RUN, "--guard", "capacity", "--why", "x"]],
  ["preempt-unconfirmed", EXIT.malformed, ["run", ...FAILOVER, "--preempt"]],
  ["abandon-without-why", EXIT.malformed, ["run", "abandon", runs.RUN]],
  ["abandon-empty-why", EXIT.malformed, ["run", "abandon", runs.RUN, "--why", " "]],
  ["bad-port", EXIT.malformed, ["local", "up", "--edge-port", "http"]],
  ["bad-address", EXIT.malformed, ["status", "--api", "localhost"]],
  ["no-inventory", EXIT.malformed, ["plan", ...FAILOVER, "--inventory", "nowhere.yaml"]],
  ["automation-no-mode", EXIT.malformed, ["automation", "set", "promote", "perhaps"]],
  ["unknown-shell", EXIT.malformed, ["completion", "zhs"]],
];
