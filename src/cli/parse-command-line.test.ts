import { describe, expect, test } from "vitest";
import { COMMANDS } from "./command-table.ts";
import { CliError } from "./errors.ts";
import { parseApproval } from "./commands/approval-give.ts";
import { parseCommandLine, type Parsed } from "./parse-command-line.ts";

function parsed(line: string): Extract<Parsed, { kind: "command" }> {
  const result = parseCommandLine(line.split(" "), 100);
  if (result.kind !== "command") throw new Error(`"${line}" is ${result.kind}`);
  return result;
}

function problem(line: string): string {
  try {
    parseCommandLine(
      line.split(" ").filter((word) => word !== ""),
      100,
    );
  } catch (error) {
    if (error instanceof CliError) return error.problem.what;
    throw error;
  }
  return "";
}

describe("a command line", () => {
  test("gives a run its runbook and flags", () => {
    const { spec, call } = parsed("run manual-failover --from aws --to azure --database stay --wait");
    expect(spec.path).toEqual(["run"]);
    expect(call).toEqual({
      args: ["manual-failover"],
      options: { from: "aws", to: "azure", database: "stay", wait: true },
    });
  });

  test("takes a verb before a runbook of that noun", () => {
    expect(parsed("run show failover-1").spec.path).toEqual(["run", "show"]);
    expect(parsed("run list").spec.path).toEqual(["run", "list"]);
  });

  test("takes common flags before and after the command", () => {
    const globals = { json: true, state: "/tmp/w", tokenFile: "t", api: "http://h:1", inventory: "i.yaml" };
    expect(
      parsed("--json --state /tmp/w status --token-file t --api http://h:1 --inventory i.yaml").globals,
    ).toEqual(globals);
    expect(
      parsed("run show x --inventory i.yaml --json --api http://h:1 --state /tmp/w --token-file t").globals,
    ).toEqual(globals);
  });

  test("has defaults that lead to the world in this folder", () => {
    expect(parsed("status").globals).toEqual({
      json: false,
      state: ".wildcam",
      tokenFile: null,
      api: null,
      inventory: null,
    });
  });

  test("of a verb takes no flag of its noun", () => {
    expect(problem("run list --from aws")).toContain("unknown option '--from'");
    expect(problem("run show failover-1 --detach")).toContain("unknown option '--detach'");
  });

  test("is refused with what is missing, whatever else it holds", () => {
    expect(problem("run pause failover-1 --why")).toContain("argument missing");
    expect(problem("approval give failover-1")).toContain("--hash");
    expect(problem("run show a b")).toContain("too many arguments");
  });

  test("has no flag that says who is calling but a token's file", () => {
    for (const name of ["--as", "--user", "--by", "--person", "--role", "--token", "--yes"]) {
      expect(problem(`approval give failover-1 --hash x ${name} adam`)).toContain(`unknown option '${name}'`);
    }
  });
});

describe("an approval", () => {
  const hash = "ab".repeat(32);

  test("is of one whole hash", () => {
    expect(parseApproval(parsed(`approval give r --hash ${hash}`).call)).toEqual({
      run: "r",
      hash,
      decision: "approve",
      why: null,
      startWithinMs: null,
      finishWithinMs: null,
    });
    const bounded = parsed(`approval give r --hash ${hash} --start-within 30m --finish-within 2h`);
    expect(parseApproval(bounded.call)).toMatchObject({
      startWithinMs: 1_800_000,
      finishWithinMs: 7_200_000,
    });
    const unbounded = parsed(`approval give r --hash ${hash} --finish-within soon`);
    expect(() => parseApproval(unbounded.call)).toThrow("30m or 2h");
    expect(() => parseApproval(parsed(`approval give r --hash ${hash.slice(1)}`).call)).toThrow(
      "64 hexadecimal digits",
    );
  });

  test("that is a rejection needs its reason", () => {
    expect(parseApproval(parsed(`approval give r --hash ${hash} --reject --why later`).call)).toMatchObject({
      decision: "reject",
      why: "later",
    });
    expect(() => parseApproval(parsed(`approval give r --hash ${hash} --reject`).call)).toThrow("--why");
  });
});

test("every command of the table can be loaded, and its help names all its flags", async () => {
  for (const spec of COMMANDS) {
    expect(await spec.load()).toBeTypeOf("function");
    const help = parseCommandLine([...spec.path, "--help"], 100);
    for (const { flags } of spec.options) expect(help.kind === "help" && help.text).toContain(flags);
  }
});
