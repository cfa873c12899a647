/**
 * The server's own program with feeds beside it, as a world starts it: one of several members, so that it serves although no
 * durable engine answers. All that it is told of is dead but the status pages.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import { newSigningKey } from "../../src/drivers/files/signing-key.ts";
import { identityPublicKey, newIdentityKey } from "../../src/drivers/restate/engine-process.ts";
import { awsEvent, utf16 } from "../../src/drivers/status-pages/feeds.fixture.ts";
import { body, serveFeeds, type ServedFeeds } from "../../src/drivers/status-pages/testing/served-feeds.ts";

const root = join(import.meta.dirname, "../..");
const TOKEN = "olivia-token-0000001";
// A port of this machine that nothing listens on.
const DEAD = "http://127.0.0.1:1";

let undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of undo.toReversed()) await one();
  undo = [];
});

function inventoryWith(feeds: ServedFeeds): string {
  const document = parseDocument(readFileSync(join(root, "inventory.yaml"), "utf8"));
  for (const [cloud, profile] of [["aws"], ["gcp"], ["azure", "production"]] as const) {
    document.setIn(["clouds", cloud, "statusFeed", "url"], feeds.url(`/${cloud}`));
    if (profile === undefined) document.deleteIn(["clouds", cloud, "statusFeed", "profile"]);
  }
  return document.toString();
}

function configIn(folder: string, feeds: ServedFeeds): string {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const tokenFile = file("token", `${TOKEN}\n`);
  const sha256 = createHash("sha256").update(TOKEN).digest("hex");
  const never = { expiresAtMs: null, revokedAtMs: null, source: "inventory" };
  const olivia = { roles: ["viewer"], mail: "olivia@wildcam.org", sha256, ...never };
  const config = {
    host: "127.0.0.1",
    apiPort: 0,
    workerPort: 0,
    ingressUrl: DEAD,
    adminUrl: DEAD,
    member: "aws",
    members: [{ name: "aws", apiUrl: DEAD, ingressUrl: DEAD, adminUrl: DEAD }],
    identityPublicKey: identityPublicKey(newIdentityKey()),
    inventoryPath: file("inventory.yaml", inventoryWith(feeds)),
    profile: "drill",
    stateDir: folder,
    ledgerDirs: ["ledger", "ledger-copy"],
    ledgerSigningKeyFile: file("key.pem", newSigningKey()),
    effectsDir: join(folder, "effects"),
    edge: { controlUrl: DEAD, tokenFile },
    agents: {},
    peopleFile: file("people.json", JSON.stringify({ olivia })),
    tokenDir: folder,
  };
  return file("server.json", JSON.stringify(config));
}

function ended(server: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) resolve(server.exitCode);
    else server.once("exit", resolve);
  });
}

const ready = z.object({ type: z.literal("ready"), apiUrl: z.url() });

test("the server shows what the clouds say of themselves, asks no feed of another profile, and leaves in good order while one hangs", async () => {
  const feeds = await serveFeeds();
  undo.push(() => feeds.close());
  feeds.answer("/aws", body(utf16(JSON.stringify([awsEvent({ status: "3" })]))));
  feeds.answer("/gcp", () => undefined);
  const folder = mkdtempSync(join(tmpdir(), "wildcam-words-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));

  const server = fork(join(root, "src/server/main.ts"), [configIn(folder, feeds)], { silent: true });
  undo.push(async () => {
    server.kill("SIGKILL");
    await ended(server);
  });
  let said = "";
  const isSaid = Promise.withResolvers<void>();
  for (const stream of [server.stdout, server.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("aws says of itself")) isSaid.resolve();
    });
  const apiUrl = await new Promise<string>((resolve, reject) => {
    server.on("message", (message) => resolve(ready.parse(message).apiUrl));
    server.once("exit", () => reject(new Error(`the server did not start: ${said}`)));
  });
  await isSaid.promise;

  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`${apiUrl}/v1/clouds`, { headers, signal: AbortSignal.timeout(20_000) });
  expect(await answer.json()).toMatchObject({
    clouds: [
      { cloud: "aws", verdict: "unknown", own: { says: "outage", where: ["us-west-2"], problem: null } },
      { cloud: "azure", verdict: "unknown", own: null },
      { cloud: "gcp", verdict: "unknown", own: { says: "nothing", heardAtMs: null } },
    ],
  });
  const asked = feeds.asked.map(({ line }) => line).toSorted();
  expect(asked).toEqual(["GET /aws", "GET /gcp"]);
  expect(said).not.toContain("survive-outage");

  server.kill("SIGTERM");
  expect(await ended(server)).toBe(0);
});
