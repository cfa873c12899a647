/**
 * All commands, as data: the parser, the help and the shell completions are made from this table, so they cannot
 * disagree. A command's code is loaded only when it is run, which is what keeps `--help` quick: this file and
 * what it imports must stay light.
 */
import { AUTOMATIC_ACTIONS, MODES } from "../domain/automatic-actions.ts";
import { GUARD_NAMES } from "../domain/guards/names.ts";
import { ROLES } from "../domain/roles.ts";
import { RUNBOOK_NAMES } from "../domain/runbook-names.ts";
import { SWEEP_NAMES } from "../domain/sweep-names.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";
import { LOCAL_COMMANDS } from "./local-commands.ts";

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: "--json", summary: "one versioned JSON document; a line an event while following a run" },
  { flags: "--state <DIR>", summary: "the world's folder (default .wildcam)", values: "files" },
  { flags: "--inventory <FILE>", summary: "the inventory (default inventory.yaml)", values: "files" },
  { flags: "--token-file <FILE>", summary: "who you are: a file that holds your token", values: "files" },
  { flags: "--api <URL>", summary: "the orchestrator's address (default: the world's own)" },
];

const RUNBOOK: ArgumentSpec = { name: "RUNBOOK", summary: "the runbook's name", values: RUNBOOK_NAMES };
const RUN: ArgumentSpec = { name: "RUN", summary: "the run's name" };

const GUARD: OptionSpec = {
  flags: "--guard <NAME>",
  summary: "the guard that refused",
  required: true,
  values: GUARD_NAMES,
};

/** Of all runbooks; `runbook-order.ts` says which of them each one takes. */
const INPUTS: readonly OptionSpec[] = [
  { flags: "--from <CLOUD>", summary: "of a move: the cloud that gives", values: "clouds" },
  { flags: "--to <CLOUD>", summary: "of a move: the cloud that takes", values: "clouds" },
  { flags: "--cloud <CLOUD>", summary: "the cloud that is lost, or that is back", values: "clouds" },
  {
    flags: "--database <WHAT>",
    summary: "move, stay or, of an outage, force: whether the primary goes along (default move)",
    values: ["move", "stay", "force"],
  },
  {
    flags: "--primary <WHAT>",
    summary: "stay or return: whether the primary comes back with the cloud (default stay)",
    values: ["stay", "return"],
  },
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    path: ["status"],
    summary: "clouds, databases, demand, and runs in flight",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    path: ["cloud", "status"],
    summary: "each cloud's verdict: since when, by how many, and who says what",
    arguments: [],
    options: [{ flags: "--watch", summary: "stay, and show each change" }],
    load: async () => (await import("./commands/cloud-status.ts")).cloudStatus,
  },
  {
    path: ["plan"],
    summary: "what a runbook would do now, rehearsed from there; changes nothing",
    arguments: [RUNBOOK],
    options: [
      ...INPUTS,
      { flags: "--with-faults <N>", summary: "also rehearse N nights of faults from that state (1 to 200)" },
      {
        flags: "--snapshot <FILE>",
        summary: "plan from the state that plan --json printed; needs nothing up",
        values: "files",
      },
    ],
    load: async () => (await import("./commands/plan.ts")).plan,
  },
  {
    path: ["run"],
    summary: "run a runbook and follow it",
    arguments: [RUNBOOK],
    options: [
      ...INPUTS,
      {
        flags: "--plan-hash <HASH>",
        summary: "run only this plan; refused when the world has changed since",
      },
      { flags: "--wait", summary: "queue for locks instead of being refused" },
      {
        flags: "--preempt",
        summary: "take the locks from whoever holds them; wants --confirm, and an admin",
      },
      { flags: "--confirm <NAME>", summary: "the runbook's name once more, for --preempt" },
      {
        flags: "--override <GUARD>",
        summary: "go on where this guard refuses; then people have to approve",
        values: GUARD_NAMES,
      },
      { flags: "--detach", summary: "start it, print its name, and do not follow" },
    ],
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    path: ["simulate"],
    summary: "rehearse nights of trouble in memory; needs nothing up",
    arguments: [{ ...RUNBOOK, optional: true, values: SWEEP_NAMES }],
    options: [
      { flags: "--seeds <N>", summary: "how many nights (default 200)" },
      { flags: "--from-seed <S>", summary: "the first one's seed (default 1)" },
      { flags: "--twice <N>", summary: "rehearse the first N twice; they must not differ (default 0)" },
      { flags: "--seed <S>", summary: "one night by its seed" },
      { flags: "--scenario <NAME>", summary: "the nights of a known outage" },
      { flags: "--schedule <FILE>", summary: "the night in a file", values: "files" },
      { flags: "--trace", summary: "show one night event by event" },
      { flags: "--shrink", summary: "make the first night that broke something as small as it can be" },
      {
        flags: "--sabotage <PATCH>",
        summary: "apply a patch to a copy of the source first",
        values: "files",
      },
      { flags: "--report <FILE>", summary: "keep a page with coverage and violations", values: "files" },
    ],
    load: async () => (await import("./commands/simulate.ts")).simulate,
  },
  {
    path: ["run", "show"],
    summary: "one run: where it stands and what is left of it, by hand",
    arguments: [RUN],
    options: [{ flags: "--follow", summary: "follow it to its end" }],
    load: async () => (await import("./commands/run-show.ts")).runShow,
  },
  {
    path: ["run", "list"],
    summary: "all runs, newest first",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/run-list.ts")).runList,
  },
  ...(
    [
      ["pause", "have a run stand still after this step, pivot or hold"],
      ["resume", "have a paused run go on"],
      ["retry", "have a run that waits try its step again"],
      ["skip", "leave out the step or hold that it waits for; wants --why"],
      ["undo", "have a run go back to its last good point"],
      ["cancel", "end a run as the world stands; wants --why"],
      ["override", "go on against a guard, by another person; wants --why"],
    ] as const
  ).map(([verb, summary]) => ({
    path: ["run", verb] as const,
    summary,
    arguments: [RUN],
    options: [
      { flags: "--why <TEXT>", summary: "the reason, kept in the ledger" },
      ...(verb === "override" ? [GUARD] : []),
    ],
    load: async () => (await import("./commands/run-command.ts")).tellRun(verb),
  })),
  {
    path: ["run", "abandon"],
    summary: "end a run as the world stands, and give its locks back (admin)",
    arguments: [RUN],
    options: [{ flags: "--why <TEXT>", summary: "the reason, kept in the ledger", required: true }],
    load: async () => (await import("./commands/run-abandon.ts")).runAbandon,
  },
  {
    path: ["lock", "list"],
    summary: "who has which lock, until when, and who waits for it",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/lock-list.ts")).lockList,
  },
  {
    path: ["approval", "list"],
    summary: "plans that wait for people",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/approval-list.ts")).approvalList,
  },
  {
    path: ["approval", "give"],
    summary: "approve a plan by its hash, or reject it",
    arguments: [RUN],
    options: [
      { flags: "--hash <HASH>", summary: "the hash of the plan that you have read", required: true },
      { flags: "--reject", summary: "reject it; wants --why" },
      { flags: "--why <TEXT>", summary: "the reason, kept in the ledger" },
      {
        flags: "--start-within <TIME>",
        summary: "the first act has to begin by then, e.g. 30m (default: as policy)",
      },
      { flags: "--finish-within <TIME>", summary: "acts may begin until then, e.g. 2h (default: as policy)" },
    ],
    load: async () => (await import("./commands/approval-give.ts")).approvalGive,
  },
  {
    path: ["traffic", "show"],
    summary: "weights, who set them, and what clients get",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/traffic-show.ts")).trafficShow,
  },
  ...(
    [
      ["show", "what happens by itself, how far, who set it, and what has begun"],
      ["stop", "nothing begins by itself any more; what has stands still"],
      ["start", "let things begin by themselves again; wants the role admin"],
    ] as const
  ).map(([verb, summary]) => ({
    path: ["automation", verb] as const,
    summary,
    arguments: [],
    options: verb === "stop" ? [{ flags: "--why <TEXT>", summary: "the reason, kept in the ledger" }] : [],
    load: async () => (await import("./commands/automation.ts")).automationVerb(verb),
  })),
  {
    path: ["automation", "set"],
    summary: "how far an action may go by itself; wants the role admin",
    arguments: [
      { name: "ACTION", summary: "shift-traffic, promote or restore", values: AUTOMATIC_ACTIONS },
      { name: "MODE", summary: "observe, propose or act", values: MODES },
    ],
    options: [{ flags: "--confirm <ACTION>", summary: "the action's name once more, for the mode act" }],
    load: async () => (await import("./commands/automation.ts")).automationSet,
  },
  {
    path: ["schedule", "list"],
    summary: "what begins at its time: when next, and what became of the last",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/schedule-list.ts")).scheduleList,
  },
  {
    path: ["runbook", "list"],
    summary: "the procedures that there are",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/runbook-list.ts")).runbookList,
  },
  {
    path: ["runbook", "page"],
    summary: "a whole procedure, with the commands to do it by hand",
    arguments: [{ name: "NAME", summary: "the runbook's name", values: RUNBOOK_NAMES }],
    options: [],
    load: async () => (await import("./commands/runbook-page.ts")).runbookPage,
  },
  {
    path: ["people", "list"],
    summary: "who may come, with which roles, and until when",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/people-list.ts")).peopleList,
  },
  {
    path: ["people", "add"],
    summary: "let somebody come: makes a token, in a file; wants the role admin",
    arguments: [{ name: "NAME", summary: "a name that nobody has had" }],
    options: [
      { flags: "--role <ROLE...>", summary: "what they may do", required: true, values: ROLES },
      {
        flags: "--mail <MAIL>",
        summary: "which human it is: names with one mail count once",
        required: true,
      },
      { flags: "--expires <TIME>", summary: "how long the token holds, such as 30d (default: for ever)" },
      {
        flags: "--token-out <FILE>",
        summary: "where the token goes (default: tokens/NAME in the state folder)",
        values: "files",
      },
    ],
    load: async () => (await import("./commands/people-add.ts")).peopleAdd,
  },
  {
    path: ["people", "revoke"],
    summary: "take somebody's token out of force, at once; wants the role admin",
    arguments: [{ name: "NAME", summary: "who" }],
    options: [],
    load: async () => (await import("./commands/people-revoke.ts")).peopleRevoke,
  },
  {
    path: ["runbook", "check-upgrade"],
    summary: "runs in flight that this checkout's code would strand",
    arguments: [],
    options: [],
    load: async () => (await import("./commands/runbook-check-upgrade.ts")).runbookCheckUpgrade,
  },
  {
    path: ["ledger", "show"],
    summary: "the record of a run, from its file; that of refused attempts is audit",
    arguments: [RUN],
    options: [],
    load: async () => (await import("./commands/ledger-show.ts")).ledgerShow,
  },
  {
    path: ["ledger", "verify"],
    summary: "prove the record of one run or of all: chains, signed heads, copies",
    arguments: [{ ...RUN, optional: true }],
    options: [
      { flags: "--from <DIR>", summary: "the folder of an export, in place of the stores", values: "files" },
      {
        flags: "--key <FILE>",
        summary: "the public key of the installation that must have signed (default: this one's)",
        values: "files",
      },
    ],
    load: async () => (await import("./commands/ledger-verify.ts")).ledgerVerify,
  },
  {
    path: ["ledger", "export"],
    summary: "records to take away: pages, events, signatures and the public key",
    arguments: [{ ...RUN, optional: true }],
    options: [
      { flags: "--all", summary: "every run" },
      { flags: "--to <DIR>", summary: "a folder that is new or empty", required: true, values: "files" },
    ],
    load: async () => (await import("./commands/ledger-export.ts")).ledgerExport,
  },
  ...LOCAL_COMMANDS,
  {
    path: ["inventory", "check"],
    summary: "say by line and column what is wrong with the inventory",
    arguments: [{ name: "FILE", summary: "another file than the default", optional: true, values: "files" }],
    options: [],
    load: async () => (await import("./commands/inventory-check.ts")).inventoryCheck,
  },
  {
    path: ["workload", "load"],
    summary: "take a Camera Trap Data Package into the database, whole or not at all",
    arguments: [{ name: "DIR", summary: "the folder that holds datapackage.json", values: "files" }],
    options: [],
    load: async () => (await import("./commands/workload-load.ts")).workloadLoad,
  },
  {
    path: ["completion"],
    summary: "a completion script for your shell",
    arguments: [{ name: "SHELL", summary: "bash, zsh or fish", values: ["bash", "zsh", "fish"] }],
    options: [],
    load: async () => (await import("./commands/completion.ts")).completion,
  },
];
