/** The drill as an operator: it waits for a steady service, plans, runs what it planned, and follows to the end. */
import { readFile } from "node:fs/promises";
import { type Api, apiClient } from "../cli/api/client.ts";
import { realOutside } from "../cli/wire.ts";
import { Secret } from "../domain/secret.ts";
import type { Scene } from "./scene.ts";

const WARM_UP_MS_MAX = 40_000;
/** Over the edge's last ten seconds. */
const STEADY_P99_MS = 60;
const STEADY_WITHIN_MS = 25_000;
const POLL_MS = 250;
const WELL_AGAIN_MS_MAX = 60_000;
/** Of the load that is on record, so that there is a before to tell from: the judge wants a hundred at the least. */
const REQUESTS_BEFORE = 150;
const HOW = { wait: false, preempt: false, overrides: [] };

type Member = Scene["status"]["orchestrator"][number];

/** Of whichever member of the orchestrator answers; one that stands in the cloud which is taken away is not asked. */
export async function apiOf(scene: Scene): Promise<Api> {
  const { status, options } = scene;
  const lost = options.outage?.cloud;
  return await apiOfMembers(
    scene,
    status.orchestrator.filter(({ cloud }) => cloud === null || cloud !== lost),
  );
}

/** Of exactly these, in this order. */
export async function apiOfMembers({ signal }: Scene, members: readonly Member[]): Promise<Api> {
  const [first] = members;
  if (first === undefined) throw new Error("the world came up without an orchestrator");
  const token = new Secret((await readFile(first.tokenFile, "utf8")).trim());
  return apiClient({
    urls: members.map(({ apiUrl }) => apiUrl),
    token,
    send: realOutside().send,
    signal,
    next: "read the logs in the state folder",
    again: (words) => ["./wildcam", ...words].join(" "),
  });
}

/**
 * The plan rests on measured demand and on verdicts, so load runs until the edge has measured both. And a service that has just
 * been started is no service on an ordinary day: over the first seconds a request costs pods twice the processor time that it
 * costs later (50 % against 25 % of one processor at 200 requests/s, measured).
 */
export async function warmUp(
  { options, say, signal }: Scene,
  api: Api,
  loadStartedAtMs: number,
): Promise<void> {
  say("warming up until demand is measured and every cloud is healthy under it");
  const untilMs = Date.now() + WARM_UP_MS_MAX;
  const steadyByMs = Date.now() + STEADY_WITHIN_MS;
  // Of very few a second there are never as many in time, which is for the judge to say.
  const onRecordAtMs = Math.min(loadStartedAtMs + (REQUESTS_BEFORE / options.ratePerSecond) * 1_000, untilMs);
  for (;;) {
    const { clouds, demand, window } = await api.traffic();
    const unfit = unfitOf(clouds);
    const measured = demand.requestsPerSecond >= options.ratePerSecond * 0.95;
    // A slow machine is never that quick; what it makes of the drill is for the judge to say.
    const isSteady = (window.p99Ms ?? 0) <= STEADY_P99_MS || Date.now() > steadyByMs;
    if (measured && isSteady && unfit.length === 0 && Date.now() >= onRecordAtMs) return;
    if (Date.now() > untilMs) {
      const words = unfit.map(([cloud, { verdict, reason }]) => `${cloud} is ${verdict} (${reason})`);
      throw new Error(
        `not steady after ${WARM_UP_MS_MAX} ms: ${demand.requestsPerSecond} requests/s measured; ${words.join(", ")}`,
      );
    }
    signal.throwIfAborted();
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** After a blow an operator waits until every cloud is called healthy again; what stays ill is for the plan to say. */
export async function untilWell({ say, signal }: Scene, api: Api): Promise<void> {
  const untilMs = Date.now() + WELL_AGAIN_MS_MAX;
  for (let said = ""; Date.now() < untilMs; ) {
    const unfit = unfitOf((await api.traffic()).clouds);
    if (unfit.length === 0) return;
    const words = unfit.map(([cloud, { verdict }]) => `${cloud} is ${verdict}`).join(", ");
    if (words !== said) say(`  waiting: ${words}`);
    said = words;
    signal.throwIfAborted();
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

type CloudsShown = Awaited<ReturnType<Api["traffic"]>>["clouds"];

function unfitOf(clouds: CloudsShown): [string, CloudsShown[string]][] {
  return Object.entries(clouds).filter(([, { verdict }]) => verdict !== "healthy");
}

/** A run that does not complete ends the story; what then stands is for the judge to say. */
export async function thereAndBack(scene: Scene, api: Api): Promise<void> {
  const { from, to } = scene.options;
  const away = await runToItsEnd(scene, api, {
    runbook: "manual-failover",
    input: { from, to, database: "move" },
  });
  if (away)
    await runToItsEnd(scene, api, { runbook: "rollback", input: { from: to, to: from, database: "move" } });
}

export type Order = { readonly runbook: string; readonly input: Readonly<Record<string, string>> };

/** Runs what it has planned, and answers the run's name. */
export async function startPlanned({ say }: Scene, api: Api, { runbook, input }: Order): Promise<string> {
  const { plan } = await api.plan({ runbook, input });
  const words = Object.entries(input).map(([name, value]) => `${name} ${value}`);
  say(`${runbook} ${words.join(", ")}: plan ${plan.hash.slice(0, 12)}, ${plan.steps.length} steps`);
  return await api.start({ runbook, input, planHash: plan.hash, ...HOW });
}

async function runToItsEnd(scene: Scene, api: Api, order: Order): Promise<boolean> {
  return await followToItsEnd(scene, api, await startPlanned(scene, api, order));
}

/** Whether it completed. */
export async function followToItsEnd({ say }: Scene, api: Api, run: string): Promise<boolean> {
  for (let after = -1; ; ) {
    for (const event of await api.events(run, after, 10_000)) {
      after = event.index;
      if (SAID.includes(event.type)) say(`  ${event.type}: ${wordsOf(event.data)}`);
      if (event.type === "run-ended") return event.data["outcome"] === "completed";
    }
  }
}

const SAID: readonly string[] = [
  "act-verified",
  "hold-passed",
  "hold-breached",
  "pivot-committed",
  "refused",
  "failed",
  "run-ended",
];

function wordsOf(data: Readonly<Record<string, unknown>>): string {
  const words = ["outcome", "why", "op", "target", "name", "title"].map((key) => data[key]);
  return words.filter((word) => typeof word === "string" && word !== "").join(" ");
}
