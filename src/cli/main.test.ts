import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = join(import.meta.dirname, "main.ts");
let empty = "";

beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), "wildcam-cli-"));
});

afterAll(() => rmSync(empty, { recursive: true, force: true }));

type Ended = { readonly exit: number | null; readonly out: string; readonly err: string };

function started(words: readonly string[], node: readonly string[] = []): Promise<Ended> {
  const child = spawn(process.execPath, [...node, main, ...words], {
    cwd: empty,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((ended) => child.on("close", (exit) => ended({ exit, out, err })));
}

test("the program answers with help on standard output, and errors on standard error with their exit code", async () => {
  const help = await started(["--help"]);
  expect(help).toMatchObject({ exit: 0, err: "" });
  expect(help.out).toContain("Exit codes:");
  const wrong = await started(["sttus"]);
  expect(wrong).toMatchObject({ exit: 2, out: "" });
  expect(wrong.err).toContain('did you mean "status"');
});

test("where nothing is up a command says so, and what starts it", async () => {
  const { exit, err } = await started(["run", "list"]);
  expect(exit).toBe(7);
  expect(err).toContain("npm start");
});

test("an unknown cloud is told where nothing is up either", async () => {
  const { exit, err } = await started(["plan", "rollback", "--from", "asw", "--to", "aws"]);
  expect(exit).toBe(2);
  expect(err).toContain('did you mean "aws"');
});

test("the first page loads no package at all and nothing that is heavy", async () => {
  const spy = `import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ load: (url, context, next) => { seen.push(url); return next(url, context); } });
    process.on("exit", () => process.stderr.write(seen.join("\\n")));`;
  const { err } = await started(["--help"], ["--import", `data:text/javascript,${encodeURIComponent(spy)}`]);
  const loaded = err.split("\n").filter((url) => url.startsWith("file:"));
  expect(loaded.some((url) => url.endsWith("/cli/main.ts"))).toBe(true);
  const packages = loaded.flatMap((url) => /node_modules\/([^/]+)/.exec(url)?.[1] ?? []);
  expect(new Set(packages)).toEqual(new Set());
  const heavy = loaded.filter((url) =>
    /\/(drivers|engine|runbooks|commands|api)\/|\/(views|completion)\//.test(url),
  );
  expect(heavy).toEqual([]);
});
