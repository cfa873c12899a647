/**
 * What people have to do to a cluster of engines, by Restate's own tool: which nodes there are, and letting one go whose
 * disk was lost. The tool is started itself, never npm's wrapper, and asks every address that it is given.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const withinMs = 20_000;

export type ClusterNode = { readonly id: string; readonly name: string; readonly storage: string };

/** Throws with the tool's own words when no address answers. */
export async function clusterNodes(addresses: readonly string[]): Promise<ClusterNode[]> {
  const text = await restatectl(addresses, ["nodes", "list", "--extra"]);
  return parseNodes(text);
}

/**
 * The node of a lost disk has no voice any more, and nothing more is placed there. It stays on the list: old parts of the
 * log name it, and are read from the others.
 */
export async function letNodeGo(addresses: readonly string[], id: string): Promise<void> {
  await restatectl(addresses, ["metadata-server", "remove-node", id]);
  await restatectl(addresses, [
    "nodes",
    "set-worker-state",
    "--nodes",
    id,
    "--worker-state",
    "disabled",
    "--force",
  ]);
}

/**
 * How many logs still have that node among those that their newest part is written to. While any has, the loss of one more
 * node stops it for good: whoever would close that part needs two of its three to agree.
 */
export async function logsWrittenTo(addresses: readonly string[], id: string): Promise<number> {
  const nodesets = parseNodesets(await restatectl(addresses, ["logs", "list"]));
  return nodesets.filter((nodes) => nodes.includes(id)).length;
}

/** Of the newest part of each log. Throws when the text has none, which says nothing of what is written where. */
export function parseNodesets(text: string): string[][] {
  const rows = text.split("\n").filter((line) => /^\s*\d+\s.*\[[^\]]*\]\s*$/.test(line));
  if (rows.length === 0) throw new Error("restatectl lists no logs");
  return rows.map((row) => row.slice(row.lastIndexOf("[")).match(/N\d+/g) ?? []);
}

/** Columns are found by their heads, since their number and order are the tool's. */
export function parseNodes(text: string): ClusterNode[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const head = lines.findIndex((line) => /^\s*NODE\s+GEN\s+NAME\b/.test(line));
  const heads = lines[head] ?? "";
  const cell = (line: string, name: string): string => {
    const from = heads.indexOf(name);
    return from < 0
      ? ""
      : (line
          .slice(from)
          .trimStart()
          .split(/\s{2,}/)[0] ?? "");
  };
  return lines
    .slice(head + 1)
    .filter((line) => /^\s*N\d+\s/.test(line))
    .map((line) => ({
      id: cell(line, "NODE"),
      name: cell(line, "NAME"),
      storage: cell(line, "STORAGE-STATE"),
    }));
}

async function restatectl(addresses: readonly string[], words: readonly string[]): Promise<string> {
  const { stdout } = await run(
    toolBinary(),
    ["--address", addresses.join(","), "--yes", "--table-style", "compact", ...words],
    { timeout: withinMs, env: { PATH: "/usr/bin:/bin", NO_COLOR: "1", DO_NOT_TRACK: "1" } },
  );
  return stdout;
}

function toolBinary(): string {
  const name = `@restatedev/restatectl-${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", "restatectl");
  } catch {
    throw new Error(`there is no restatectl for this platform: npm has no ${name}`);
  }
}
