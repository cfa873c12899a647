import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const MAIN = resolve(import.meta.dirname, "main.ts");
const TOKEN = "token-of-olivia-00001";

let folder = "";
let server: Server;
let url = "";
const seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "wildcam-as-"));
  writeFileSync(join(folder, "olivia"), `${TOKEN}\n`, { mode: 0o600 });
  seen.length = 0;
  server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    response.writeHead(200).end(JSON.stringify({ people: [] }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function wildcam(words: readonly string[], env: Readonly<Record<string, string>>) {
  return new Promise<{ exit: number; said: string }>((done) => {
    const options = { env: { PATH: process.env["PATH"] ?? "", ...env }, timeout: 60_000 };
    execFile(process.execPath, [MAIN, ...words], options, (error, out, err) => {
      done({ exit: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, said: out + err });
    });
  });
}

test("no variable of the environment says who calls: only the token in the file goes out", async () => {
  const adam = "token-of-adam-0000001";
  const names = ["USER", "LOGNAME", "USERNAME", "SUDO_USER", "WILDCAM_USER", "WILDCAM_AS", "EMAIL"];
  const tokens = ["WILDCAM_TOKEN", "TOKEN", "AUTHORIZATION", "WILDCAM_TOKEN_FILE", "HTTP_AUTHORIZATION"];
  const env = Object.fromEntries([
    ...names.map((name) => [name, "adam"] as const),
    ...tokens.map((name) => [name, adam] as const),
  ]);
  const words = ["people", "list", "--api", url, "--token-file", join(folder, "olivia")];
  expect((await wildcam(words, env)).exit).toBe(0);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  expect(JSON.stringify(seen)).not.toContain("adam");
});

test.each([
  ["--as", "adam"],
  ["--user", "adam"],
  ["--token", "token-of-adam-0000001"],
])("the flag %s is not known, and nobody is asked", async (flag, value) => {
  const words = ["people", "list", "--api", url, "--token-file", join(folder, "olivia"), flag, value];
  const { exit, said } = await wildcam(words, {});
  expect({ exit, calls: seen.length }).toEqual({ exit: 2, calls: 0 });
  expect(said).not.toContain("token-of-adam");
});
