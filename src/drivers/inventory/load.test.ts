import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { InventoryError, loadInventory, readInventory } from "./load.ts";

const original = fileURLToPath(new URL("../../../inventory.yaml", import.meta.url));
const text = readFileSync(original, "utf8");
const folder = mkdtempSync(join(tmpdir(), "inventory-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function errorOf(content: string): InventoryError {
  try {
    readInventory("inventory.yaml", content);
  } catch (error) {
    if (error instanceof InventoryError) return error;
    throw error;
  }
  throw new Error("it was taken for an inventory");
}

async function loadingFails(path: string): Promise<InventoryError> {
  const error: unknown = await loadInventory(path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InventoryError)) throw new Error(`expected an InventoryError, got ${String(error)}`);
  return error;
}

/** The text with one thing replaced, which must be there, and where the replacement's `mark` then stands. */
function edited(from: string, to: string, mark = to): { content: string; at: string } {
  if (!text.includes(from)) throw new Error(`the inventory has no ${from}`);
  const content = text.replace(from, () => to);
  const offset = content.indexOf(to) + to.indexOf(mark);
  const before = content.slice(0, offset).split("\n");
  return { content, at: `inventory.yaml:${before.length}:${(before.at(-1)?.length ?? 0) + 1}` };
}

test("the inventory of the checkout loads, with its digest and path", async () => {
  const loaded = await loadInventory(original);
  expect(loaded.path).toBe(original);
  expect(loaded.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.keys(loaded.inventory.clouds)).toEqual(["aws", "azure", "gcp"]);
});

test("comments and the order of keys do not change the digest", async () => {
  const { digest } = await loadInventory(original);
  const turned = text.replace("least: 1, usual: 2", "usual: 2, least: 1");
  const other = await loadInventory(written("turned.yaml", `# a comment\n${turned}`));
  expect(other.digest).toBe(digest);
});

describe("an error stands at its line and column", () => {
  test.each([
    [
      "a wrong value",
      edited("{ cloud: aws, context: aws-west", "{ cloud: asw, context: aws-west", "asw"),
      'clusters.aws-west.cloud: expected one of aws, azure, gcp, got "asw" (did you mean "aws"?)',
    ],
    [
      "an unknown key",
      edited("    latency: 250ms", "    latncy: 250ms", "latncy"),
      'service.objective.latncy: unknown key "latncy" (did you mean "latency"?)',
    ],
    [
      "a wrong name as key",
      edited("weights: { aws: 34", "weights: { asw: 34", "asw"),
      'edge.weights.asw: expected one of aws, azure, gcp, got "asw" (did you mean "aws"?)',
    ],
    [
      "a wrong item of a list",
      edited("olivia: { roles: [viewer, operator]", "olivia: { roles: [viewer, oprator]", "oprator"),
      'people.olivia.roles[1]: expected one of viewer, operator, approver, admin, got "oprator" (did you mean "operator"?)',
    ],
    [
      "a sum, at the key of what is summed",
      edited("weights: { aws: 34", "weights: { aws: 30", "weights"),
      "edge.weights: expected weights that sum to 100, got 30 + 33 + 33 = 96",
    ],
    [
      "a key given twice",
      edited("  gcp:\n", "  aws: { title: Twice }\n  gcp:\n", "aws"),
      'key "aws" is there already',
    ],
    [
      "a person given twice",
      edited("  adam: {", "  dana: { roles: [viewer], contact: dba }\n  adam: {", "dana"),
      'key "dana" is there already',
    ],
    [
      "a number as key",
      edited("  gcp:\n", "  7: { title: Seven }\n  gcp:\n", "7"),
      'clouds.7: expected a name of lower-case letters, digits and hyphens that begins with a letter, at most 40 long, got "7"',
    ],
    ["an unknown tag", edited("kind: gateway", "kind: !door gateway", "!door"), "Unresolved tag: !door"],
  ])("%s", (_, { content, at }, message) => {
    const lines = errorOf(content).message.split("\n");
    expect(lines).toContain(`${at}: ${message}`);
  });

  test("a missing key is reported at the mapping that misses it, a missing value at its key", () => {
    const place = (mark: string) => {
      const before = text.slice(0, text.indexOf(mark)).split("\n");
      return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    };
    expect(errorOf(text.replace("    latency: 250ms", "    #")).problems).toMatchObject([
      place("objective:"),
    ]);
    const { line } = place("dwell: 15m");
    expect(errorOf(text.replace("dwell: 15m", "dwell:")).problems).toMatchObject([{ line }]);
    expect(errorOf("version: 1\n").problems[0]).toMatchObject({ line: 1, column: 1, path: "service" });
  });
});

test("all errors come at once, in the order of the file, a repeated key among them", () => {
  const content = text
    .replace("title: Google Cloud", "title: 3")
    .replace("kind: gateway", "kind: gatway\n  kind: gatewya")
    .replace("shiftStep: 25", "shiftStep: 250")
    .replace("soak: 30m", "soak: 30 m");
  const { problems, message, next } = errorOf(content);
  expect(problems.map(({ path }) => path)).toEqual([
    "clouds.gcp.title",
    "",
    "edge.kind",
    "policies.shiftStep",
    "profiles.production.soak",
  ]);
  expect(problems.map(({ line }) => line)).toEqual(
    problems.map(({ line }) => line).toSorted((a, b) => a - b),
  );
  expect(message.split("\n")).toHaveLength(5);
  expect(next).toContain("./wildcam inventory check");
});

describe("text that is no YAML", () => {
  test.each([
    ["an open list", "version: [1\nservice: 2\n", "inventory.yaml:2:1: Flow sequence"],
    ["a tab", "version: 1\nservice:\n\tname: x\n", "inventory.yaml:3:1: "],
    ["an open quote", 'version: "1\n', "inventory.yaml:2:1: Missing closing"],
    [
      "two documents",
      "version: 1\n---\nversion: 1\n",
      "inventory.yaml:2:1: Source contains multiple documents",
    ],
  ])("%s is told alone, without guesses about the rest", (_, content, start) => {
    const { problems, message } = errorOf(content);
    expect(message.startsWith(start)).toBe(true);
    expect(problems.every(({ path }) => path === "")).toBe(true);
  });

  test("an alias of nothing, and aliases that would fill the memory, are refused", () => {
    expect(errorOf("version: *nothing\n").message).toContain("Unresolved alias");
    const levels = Array.from({ length: 9 }, (_, level) => {
      const below = level === 0 ? "x" : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array(9).fill(below).join(", ")}]`;
    });
    expect(errorOf(levels.join("\n")).message).toContain("Excessive alias count");
  });

  test("an empty file is no inventory", () => {
    expect(errorOf("").message).toBe("inventory.yaml:1:1: inventory: expected a mapping, got nothing");
    expect(errorOf("# only a comment\n").problems).toHaveLength(1);
  });
});

describe("a file that cannot be read", () => {
  test("because it is not there says so, and what to do next", async () => {
    const error = await loadingFails(join(folder, "nowhere.yaml"));
    expect(error.message).toBe(`${join(folder, "nowhere.yaml")}: no such file`);
    expect(error.problems).toEqual([]);
    expect(error.next).toContain("run this in the folder that holds inventory.yaml");
  });

  test("because it is a folder", async () => {
    mkdirSync(join(folder, "folder.yaml"));
    expect((await loadingFails(join(folder, "folder.yaml"))).message).toContain("is a folder, not a file");
  });

  test("because its path leads nowhere", async () => {
    const loop = join(folder, "loop.yaml");
    symlinkSync(loop, loop);
    expect((await loadingFails(loop)).message).toContain("cannot be read (ELOOP)");
  });

  test("because it is not UTF-8, or larger than any inventory", async () => {
    const latin1 = written("latin1.yaml", Buffer.from("version: 1 # é\n", "latin1"));
    expect((await loadingFails(latin1)).message).toContain("is not UTF-8 text");
    const large = written("large.yaml", `# ${"x".repeat(1_100_000)}\n${text}`);
    expect((await loadingFails(large)).message).toContain("too many for an inventory");
  });
});
