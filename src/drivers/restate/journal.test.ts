import { afterAll, beforeAll, expect, test } from "vitest";
import { request } from "undici";
import type { Json } from "../../domain/json.ts";
import type { Journal } from "../../ports/journal.ts";
import { type JournalHarness, journalContract } from "../../ports/journal.contract.ts";
import { encodeBase58 } from "./base58.ts";
import { restateRuns } from "./ingress.ts";
import { lockObject } from "./lock.ts";
import { runWorkflow } from "./run-workflow.ts";
import { startTemporaryRestate, type TemporaryRestate } from "./testing/temporary-restate.ts";

const bodies = new Map<string, (journal: Journal) => Promise<Json>>();
let restate: TemporaryRestate;

beforeAll(async () => {
  const workflow = runWorkflow(async (journal) => (await bodies.get(journal.run)?.(journal)) ?? null);
  restate = await startTemporaryRestate([workflow, lockObject]);
}, 60_000);

afterAll(() => restate?.stop());

const harness: JournalHarness = {
  run: async (id, body) => {
    bodies.set(id, body);
    const answer = await request(`${restate.ingressUrl}/run/${id}/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`run ${id} answered ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  },
  tell: (id, command) => restateRuns(restate.ingressUrl).tell(id, command, AbortSignal.timeout(10_000)),
};

journalContract("on Restate", () => harness);

test("a second start of a run that is known starts nothing", async () => {
  let begun = 0;
  bodies.set("start-twice", async () => {
    begun += 1;
    return null;
  });
  const runs = restateRuns(restate.ingressUrl);
  await runs.start("start-twice", {}, AbortSignal.timeout(5_000));
  await runs.start("start-twice", {}, AbortSignal.timeout(5_000));
  await harness.run("a-later-one", async () => null);
  expect(begun).toBe(1);
});

test("base58 is spelled as Bitcoin's test vectors are", () => {
  const cases: readonly [string, string][] = [
    ["", ""],
    ["61", "2g"],
    ["626262", "a3gV"],
    ["73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"],
    ["00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"],
    ["00000000000000000000", "1111111111"],
  ];
  for (const [hex, text] of cases) expect(encodeBase58(Buffer.from(hex, "hex"))).toBe(text);
});
