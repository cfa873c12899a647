import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { COMMANDS } from "../command-table.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

const words = { clouds: ["aws", "azure", "gcp"], profiles: ["production", "drill"] };

/** What bash offers after these words; the last one is what is being typed. */
function offered(...typed: readonly string[]): string[] {
  const line = typed.map((word) => `'${word}'`).join(" ");
  const script = `${bashCompletion(words)}\nCOMP_WORDS=(wildcam ${line}); COMP_CWORD=${typed.length}; _wildcam; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

test("bash offers nouns, verbs, runbooks, flags, clouds and nothing that does not fit", () => {
  expect(offered("st")).toEqual(["status"]);
  expect(offered("ledger", "")).toEqual(["show", "verify", "export"]);
  expect(offered("run", "")).toEqual([
    "manual-failover",
    "rollback",
    "survive-outage",
    "restore-traffic",
    "show",
    "list",
    "pause",
    "resume",
    "retry",
    "skip",
    "undo",
    "cancel",
    "override",
    "abandon",
  ]);
  expect(offered("runbook", "page", "ro")).toEqual(["rollback"]);
  expect(offered("plan", "rollback", "--from", "a")).toEqual(["aws", "azure"]);
  expect(offered("ledger", "verify", "--from", "inventory.y")).toEqual(["inventory.yaml"]);
  expect(offered("plan", "rollback", "--da")).toEqual(["--database"]);
  expect(offered("plan", "survive-outage", "--database", "")).toEqual(["move", "stay", "force"]);
  expect(offered("run", "show", "x", "--f")).toEqual(["--follow"]);
  expect(offered("run", "show", "x", "--from")).toEqual([]);
  expect(offered("local", "up", "--profile", "d")).toEqual(["drill"]);
});

test("every shell's script knows every command and flag", () => {
  for (const script of [bashCompletion(words), zshCompletion(words), fishCompletion(words)]) {
    for (const { path, options } of COMMANDS) {
      for (const word of path) expect(script).toContain(word);
      for (const { flags } of options) expect(script).toContain(flags.split(" ")[0]?.replace("--", ""));
    }
  }
});
