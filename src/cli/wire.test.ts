import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ledgerLine } from "../domain/ledger.ts";
import { Secret } from "../domain/secret.ts";
import { CliError } from "./errors.ts";
import { chain, RUN } from "./testing/recorded-runs.ts";
import { realOutside } from "./wire.ts";

const outside = realOutside();
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-wire-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function problemOf(work: Promise<unknown>): Promise<CliError["problem"]> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CliError) return error.problem;
  throw new Error(`expected a CliError, got ${String(error)}`);
}

describe("a call to the orchestrator", () => {
  let server: Server;
  const seen: string[] = [];
  const never = new AbortController().signal;

  beforeEach(async () => {
    seen.length = 0;
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      if (request.url === "/silent") return;
      request.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
      request.on("end", () => response.writeHead(request.url === "/refused" ? 409 : 200).end('{"ok":true}'));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const url = (path: string) => {
    const address: AddressInfo | string | null = server.address();
    return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}${path}` : "";
  };

  test("carries token and body, and answers status and text whatever the status", async () => {
    const answer = await outside.send({
      method: "POST",
      url: url("/refused"),
      token: new Secret("abc"),
      body: { a: 1 },
      deadlineMs: 5_000,
      signal: never,
    });
    expect(answer).toEqual({ status: 409, text: '{"ok":true}' });
    expect(seen).toEqual(["POST /refused Bearer abc", '{"a":1}']);
  });

  test("that nobody answers in time, or at all, is an answer with the reason", async () => {
    const silent = await outside.send({
      method: "GET",
      url: url("/silent"),
      token: new Secret("abc"),
      body: null,
      deadlineMs: 50,
      signal: never,
    });
    expect(silent).toEqual({ status: null, text: "no answer within 0.05 s" });
    const address = url("/");
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    const gone = await outside.send({
      method: "GET",
      url: address,
      token: new Secret("abc"),
      body: null,
      deadlineMs: 5_000,
      signal: never,
    });
    expect(gone).toEqual({ status: null, text: "nothing listens there", refused: true });
  });
});

describe("a ledger's copies", () => {
  test("are read as they are: a torn end is told and not mended", async () => {
    const file = join(folder, `${RUN}.jsonl`);
    const events = chain([
      ["run-started", {}],
      ["run-ended", { outcome: "completed" }],
    ]);
    const text = `${events.map(ledgerLine).join("")}{"v":1,"ru`;
    writeFileSync(file, text);
    const [copy, none] = await outside.ledgerCopies([folder, join(folder, "nowhere")], RUN);
    expect(copy).toMatchObject({ store: file, present: true, events, torn: true, fault: null, head: null });
    expect(none).toMatchObject({ present: false, events: [], fault: null });
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(await outside.ledgerRuns([folder, join(folder, "nowhere")])).toEqual([RUN]);
  });

  test("that are no ledger have a fault with its line, and a name that leads out of the folder finds nothing", async () => {
    writeFileSync(join(folder, `${RUN}.jsonl`), "not json\n");
    const [copy] = await outside.ledgerCopies([folder], RUN);
    expect(copy?.fault).toContain(":1 is not JSON");
    expect((await outside.ledgerCopies([join(folder, "x")], `../${RUN}`))[0]).toMatchObject({
      events: [],
      fault: null,
    });
  });
});

describe("a token", () => {
  test("is a file's one line", async () => {
    writeFileSync(join(folder, "olivia"), "abcdefghijklmnopqrstuvwx\n");
    expect((await outside.readToken(join(folder, "olivia"))).reveal()).toBe("abcdefghijklmnopqrstuvwx");
  });

  test("that is made goes into a new file that only this user may read; its digest is what is told", async () => {
    const file = join(folder, "tokens", "nina");
    const sha256 = await outside.makeTokenFile(file);
    const token = (await outside.readToken(file)).reveal();
    expect(createHash("sha256").update(token).digest("hex")).toBe(sha256);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await problemOf(outside.makeTokenFile(file))).toMatchObject({ exit: 2 });
    expect((await outside.readToken(file)).reveal()).toBe(token);
    await outside.removeFile(file);
    expect(await outside.makeTokenFile(file)).not.toBe(sha256);
  });

  test("that is not there, or is none, is malformed input", async () => {
    expect(await problemOf(outside.readToken(join(folder, "nobody")))).toMatchObject({
      exit: 2,
      what: expect.stringContaining("no token file"),
    });
    writeFileSync(join(folder, "odd"), "two words\n");
    expect(await problemOf(outside.readToken(join(folder, "odd")))).toMatchObject({
      exit: 2,
      what: expect.stringContaining("holds no token"),
    });
  });
});

test("a broken inventory is told by line and column, as malformed input", async () => {
  const file = join(folder, "inventory.yaml");
  writeFileSync(file, "version: 2\n");
  const { exit, what } = await problemOf(outside.inventory(file));
  expect(exit).toBe(2);
  expect(what).toContain(`${file}:1:10`);
});

test("a folder that holds no world has no orchestrator and no inventory of its own", async () => {
  expect(await outside.orchestratorOf(folder)).toBeNull();
  expect(await outside.inventoryFileOf(folder)).toBeNull();
  expect(await outside.localStatus(folder)).toBeNull();
});

test("a package that is none is malformed input, with its problems, before any database is spoken to", async () => {
  const { exit, why } = await problemOf(outside.loadPackage(folder, "postgres://127.0.0.1:1/none"));
  expect(exit).toBe(2);
  expect(why).toContain("datapackage.json: not found");
});
