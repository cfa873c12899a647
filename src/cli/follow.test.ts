import { describe, expect, test } from "vitest";
import { play } from "./testing/harness.ts";
import * as recorded from "./testing/recorded.ts";
import * as runs from "./testing/recorded-runs.ts";
import { terminalOf } from "./terminal.ts";

const RUN = ["run", "manual-failover", "--from", "aws", "--to", "azure"];
const start = { run: runs.RUN };

describe("following a run", () => {
  test("asks for it once, with the plan that was shown", async () => {
    const { calls } = await play([...RUN, "--plan-hash", runs.HASH], { start, run: runs.completed });
    const posted = calls.filter((call) => call.startsWith("POST"));
    const input = { from: "aws", to: "azure", database: "move" };
    expect(posted).toEqual([
      `POST /v1/runs ${JSON.stringify({ runbook: "manual-failover", input, wait: false, preempt: false, overrides: [], planHash: runs.HASH })}`,
    ]);
  });

  test("bridges a connection that is lost for a while", async () => {
    const { exit, err } = await play(["run", "show", runs.RUN, "--follow"], {
      run: runs.completed,
      silent: 5,
    });
    expect(exit).toBe(0);
    expect(err.match(/connection to the orchestrator is lost/g)).toHaveLength(1);
  });

  test("stops looking when the person leaves, tells the run nothing, and says how to see it again", async () => {
    const { calls, err } = await play(RUN, { start, run: runs.completed, leavesBefore: 3 });
    expect(calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
    expect(err).toContain("goes on");
    expect(err).toContain("./wildcam run show failover-1 --follow");
  });

  test("shows every event before it leaves, also when the run is further than its events", async () => {
    const { exit, out } = await play(RUN, { start, run: { ...runs.waiting, ahead: true } });
    expect(exit).toBe(8);
    expect(out).toContain("planned");
    expect(out).toContain("asks");
  });

  test("of a run that nobody knows ends as malformed, without waiting", async () => {
    const { exit, calls } = await play(["run", "show", "nope", "--follow"]);
    expect(exit).toBe(2);
    expect(calls).toHaveLength(1);
  });
});

describe("colour", () => {
  const terminal = { isTTY: true, columns: 80 };

  test("is for a terminal only", () => {
    expect(terminalOf(terminal, {}).color).toBe(true);
    expect(terminalOf({}, {})).toEqual({ interactive: false, color: false, columns: 100 });
  });

  test("is off wherever NO_COLOR has a value, or the terminal is dumb; the live view stays", () => {
    expect(terminalOf(terminal, { NO_COLOR: "1" })).toEqual({ interactive: true, color: false, columns: 80 });
    expect(terminalOf(terminal, { NO_COLOR: "" }).color).toBe(true);
    expect(terminalOf(terminal, { TERM: "dumb" }).color).toBe(false);
  });

  test("does not reach what is no terminal", async () => {
    const { out } = await play(["status"], { status: recorded.troubled });
    expect(out).not.toContain("\u001b");
  });
});
