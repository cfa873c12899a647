import { afterEach, expect, test } from "vitest";
import type { Json } from "../../domain/json.ts";
import type { Journal } from "../../ports/journal.ts";
import { restateRuns } from "./ingress.ts";
import { lockObject } from "./lock.ts";
import { restateRunControl } from "./run-control.ts";
import { type RunBody, runWorkflow } from "./run-workflow.ts";
import { startTemporaryRestate, type TemporaryRestate } from "./testing/temporary-restate.ts";

let restate: TemporaryRestate | undefined;

afterEach(async () => {
  await restate?.stop();
  restate = undefined;
});

const soon = () => AbortSignal.timeout(20_000);

/** A program of its own version, which notes what it executes. */
function program(version: string, executed: string[], body: RunBody) {
  const noted: RunBody = async (journal, order) => {
    executed.push(`${version} ${journal.run}`);
    return await body(journal, order);
  };
  return { services: [runWorkflow(noted), lockObject], version };
}

const untilTold = async (journal: Journal): Promise<Json> => {
  await journal.effect("begin", async () => null);
  return (await journal.command(0)).type;
};

async function until(what: () => Promise<boolean>): Promise<void> {
  const signal = soon();
  while (!(await what())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a run that was begun is not executed by a worker with other code, and goes on when its own is back", async () => {
  const executed: string[] = [];
  const ended: string[] = [];
  const old = program("aaaa", executed, async (journal) => {
    const answer = await untilTold(journal);
    ended.push(journal.run);
    return answer;
  });
  const other = program("bbbb", executed, async (journal) => await untilTold(journal));
  restate = await startTemporaryRestate(old.services, old.version);
  const runs = restateRuns(restate.ingressUrl);
  const control = restateRunControl(restate);
  const statusOf = async (run: string) => (await control.inFlight(soon())).find((one) => one.run === run);
  await runs.start("begun-before", {}, soon());
  await until(async () => executed.length > 0);
  await restate.replace(other.services, other.version);
  const begun = executed.length;
  // The command wakes the run, so that the durable engine has to call somebody.
  await runs.tell("begun-before", { type: "breach", step: 1, why: "wake up", atMs: 1 }, soon());
  await until(async () => (await statusOf("begun-before"))?.status === "backing-off");
  expect(await statusOf("begun-before")).toMatchObject({ codeVersion: "aaaa" });
  expect(executed.slice(begun)).toEqual([]);
  // The new code serves what begins under it meanwhile.
  await runs.start("begun-after", {}, soon());
  await until(async () => executed.includes("bbbb begun-after"));
  await restate.replace(old.services, old.version);
  await until(async () => ended.includes("begun-before"));
  expect(executed.filter((line) => line.endsWith("begun-before"))).not.toContain("bbbb begun-before");
});

test("a run is taken out without being executed, its name is used up, and its lock and its place in the queue are given back", async () => {
  const executed: string[] = [];
  const old = program("aaaa", executed, async (journal) => {
    const first = await journal.lock({
      lock: "traffic",
      who: "olivia",
      wait: true,
      preempt: false,
      forMs: 3_600_000,
    });
    executed.push(`answered ${journal.run}`);
    const { epoch } = first.granted ? first : await journal.turn("traffic");
    executed.push(`granted ${journal.run} ${epoch}`);
    return await untilTold(journal);
  });
  restate = await startTemporaryRestate(old.services, old.version);
  const runs = restateRuns(restate.ingressUrl);
  const control = restateRunControl(restate);
  for (const run of ["first", "second", "third"]) {
    await runs.start(run, {}, soon());
    await until(async () => executed.includes(`aaaa ${run}`));
    if (run === "first") await until(async () => executed.includes("granted first 1"));
    // The lock has answered it: nothing of the lock is left with the worker that is to go.
    else await until(async () => executed.includes(`answered ${run}`));
  }
  // The worker is gone: nothing of a run can be executed from here on.
  const other = program("bbbb", executed, async () => null);
  await restate.replace(other.services, other.version);
  const before = executed.length;
  for (const run of ["second", "first"]) {
    expect(await control.end(run, soon())).toBe(true);
    await control.giveBack("traffic", run, soon());
  }
  expect((await control.inFlight(soon())).map(({ run }) => run)).toEqual(["third"]);
  expect(await control.end("first", soon())).toBe(false);
  await runs.start("first", {}, soon());
  await restate.replace(old.services, old.version);
  await until(async () => executed.includes("granted third 2"));
  expect(executed.slice(before).filter((line) => !line.includes("third"))).toEqual([]);
});
