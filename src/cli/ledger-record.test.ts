import { expect, test } from "vitest";
import { signHead } from "../domain/ledger-head.ts";
import { play } from "./testing/harness.ts";
import * as runs from "./testing/recorded-runs.ts";
import { signerCalled } from "./testing/signer.ts";

test("a record's page is for who was not there, and what people wrote in it stays text", async () => {
  const told = runs.chain([
    [
      "run-started",
      { runbook: "rollback", input: { from: "azure", to: "aws" }, profile: "production" },
      "olivia",
    ],
    ["planned", { hash: runs.HASH, acts: [{}] }],
    ["approved", { hash: runs.HASH }, "priya"],
    ["act-intended", { name: "promote aws", mode: "forward", key: "failover-1/7" }],
    ["act-done", { name: "promote aws", key: "failover-1/7", result: "done" }],
    ["failed", { why: "a | b\n# [click](http://example.org) <b>" }],
    ["run-ended", { outcome: "failed", why: "a | b\n# [click](http://example.org) <b>" }],
  ]);
  const last = told.at(-1);
  if (last === undefined) throw new Error("there is no event");
  const head = signHead(signerCalled("wildcam-here"), last);
  const written = new Map<string, string>();
  await play(["ledger", "export", "--all", "--to", "out"], {
    ledgers: { [runs.RUN]: [{ store: "a", present: true, events: told, torn: false, fault: null, head }] },
    outside: {
      writeFolder: async (_folder, files) => {
        for (const [name, text] of files) written.set(name, text);
      },
    },
  });
  expect([...written.keys()].toSorted()).toEqual(
    [
      "README.md",
      "failover-1.head",
      "failover-1.jsonl",
      "failover-1.md",
      "ledger-public-key.json",
    ].toSorted(),
  );
  await expect(written.get("failover-1.md")).toMatchFileSnapshot("testing/golden/record-page.md");
  await expect(written.get("README.md")).toMatchFileSnapshot("testing/golden/record-index.md");
});
