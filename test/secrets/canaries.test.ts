import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../../src/domain/secret.ts";
import { findSecrets } from "../../src/drivers/local/testing/search-secrets.ts";
import { leakyLog, leakyRead, leakySend } from "./leaky-drivers.ts";
import {
  apiSaid,
  CANARIES,
  commandLine,
  driverCalls,
  echoingHost,
  journalled,
  type Said,
} from "./provoked.ts";

let folder = "";
let tokenFile = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-canaries-"));
  tokenFile = join(folder, "token");
  writeFileSync(tokenFile, `${CANARIES.person}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const search = (texts: Said) => findSecrets(CANARIES, { folders: [], texts });

/** What all drivers and the command line say of a host that answers so, and of one that is gone. */
async function saidOf(status: number | "gone"): Promise<Said> {
  const host = await echoingHost(status === "gone" ? 200 : status);
  try {
    if (status === "gone") await host.close();
    const said: Said = {};
    for (const [name, work] of Object.entries(driverCalls(host.url, host.port)))
      said[name] = await journalled(work);
    said["command line"] = await commandLine(host.url, tokenFile);
    return said;
  } finally {
    if (status !== "gone") await host.close();
  }
}

describe("no canary is in what the journal, the command line or the log would hold", () => {
  test.each([200, 400, 401, 404, 409, 500, 503])(
    "when another host answers %i and repeats all that it was sent",
    async (status) => {
      const said = await saidOf(status);
      // Else nothing was provoked, and nothing would be proved.
      expect(Object.values(said).every((text) => text.length > 20)).toBe(true);
      expect(search(said)).toEqual([]);
    },
  );

  test("when the connection is refused", async () => {
    const said = await saidOf("gone");
    expect(said["command line"]).toContain("nothing listens there");
    expect(search(said)).toEqual([]);
  });
});

test("no canary is in the API's answers, the audit ledger, the server's log or the people's file", async () => {
  const said = await apiSaid();
  expect(said["ledger"]).toContain("attempt-refused");
  expect(search({ answers: said["answers"] ?? "" })).toEqual([]);
  const kept = { ledger: said["ledger"] ?? "", people: said["people"] ?? "", log: `log: ${said["log"]}` };
  expect(search(kept)).toEqual([]);
});

describe("the search turns red", () => {
  const secret = new Secret(CANARIES.token);

  test("for a driver whose error says what it sent", async () => {
    expect(search({ journal: await journalled(leakyRead(secret)) })).toEqual(["journal: token"]);
  });

  test("for a command line that passes on what the other end repeats", async () => {
    const said = await commandLine("http://127.0.0.1:9", tokenFile, { send: leakySend(secret) });
    expect(search({ terminal: said })).toEqual(["terminal: token"]);
  });

  test("for a log, also in base 64, and for a file somewhere below a folder", () => {
    rmSync(tokenFile);
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "server.log"), leakyLog(new Secret(CANARIES.person)));
    writeFileSync(join(folder, "deep", "audit.jsonl"), JSON.stringify({ why: CANARIES.password }));
    const found = findSecrets(CANARIES, { folders: [folder] }).map((line) =>
      line.slice(basename(folder).length + 1),
    );
    expect(found.toSorted()).toEqual(["deep/audit.jsonl: password", "server.log: person"]);
  });

  test("for nothing at all to search", () => {
    expect(() => findSecrets(CANARIES, { folders: [folder.concat("-none")] })).toThrow(/ENOENT/);
    expect(() => findSecrets({}, { folders: [folder] })).toThrow(/nothing/);
  });
});
