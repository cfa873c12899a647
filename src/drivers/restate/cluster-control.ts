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

export type ClusterNode = {
  readonly id: string;
  readonly name: string;
  readonly storage: string;
  readonly worker: string;
};

/** Throws with the tool's own words when no address answers. */
export async function clusterNodes(addresses: readonly string[]): Promise<ClusterNode[]> {
  const text = await restatectl(addresses, ["nodes", "list", "--extra"]);
  return parseNodes(text);
}

/**
 * The node of a lost disk has no voice any more, and nothing more is placed there. It stays on the list: old parts of the
 * log name it, and are read from the others.
 *
 * Both commands may be said to have worked and not hold: a node that is started again under its old name takes its voice
 * back, and one that appears and goes away while its state is changed makes the change fail. `isLetGo` tells.
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
 * Whether nothing counts on that node any more: it has no voice, no partition, and is none of those that the newest part of
 * a log is written to. While it is, the loss of one more node stops the cluster for good: whoever would close that part of
 * the log needs two of its three to agree.
 */
export async function isLetGo(addresses: readonly string[], id: string): Promise<boolean> {
  const nodes = await clusterNodes(addresses);
  if (nodes.find((node) => node.id === id)?.worker !== "disabled") return false;
  const voices = parseVoices(await restatectl(addresses, ["metadata-server", "list-servers"]));
  if (voices.includes(id)) return false;
  const nodesets = parseNodesets(await restatectl(addresses, ["logs", "list"]));
  return !nodesets.some((ids) => ids.includes(id));
}

/**
 * Has every node apply every partition, so that whoever is left can lead at once. With as few as the log has copies, one that
 * is chosen only when another dies has to read the log first, and some of that may lie with the dead one alone.
 */
export async function spreadPartitions(addresses: readonly string[]): Promise<void> {
  await restatectl(addresses, ["config", "set", "--partition-replication", `{node: ${addresses.length}}`]);
}

/** Whether that node has applied all that is in the log, in every partition: then it can lead, whoever else is lost. */
export async function hasCaughtUp(addresses: readonly string[], id: string): Promise<boolean> {
  const processors = parseProcessors(await restatectl(addresses, ["partitions", "list"]));
  const partitions = new Set(processors.map(({ partition }) => partition));
  const active = processors.filter(({ node, status }) => node === id && status === "Active");
  return active.length === partitions.size;
}

export type Processor = { readonly partition: string; readonly node: string; readonly status: string };

/** Throws when the text has none, which says nothing of who has what. */
export function parseProcessors(text: string): Processor[] {
  const rows = text.split("\n").flatMap((line) => {
    const [, partition, node, , status] =
      line.match(/^\s*(\d+)\s+(N\d+)(?::\d+)?\s+(\S+)\s{2,}(\S+(?: \S+)*)\s{2,}/) ?? [];
    return partition === undefined || node === undefined || status === undefined
      ? []
      : [{ partition, node, status }];
  });
  if (rows.length === 0) throw new Error("restatectl lists no partitions");
  return rows;
}

/** Of those that keep what the cluster knows of itself, as any of them tells it. Throws when the text has none. */
export function parseVoices(text: string): string[] {
  const rows = text.split("\n").filter((line) => /^\s*N\d+\s.*\[N\d+(,\s*N\d+)*\]/.test(line));
  if (rows.length === 0) throw new Error("restatectl lists no metadata servers");
  return [...new Set(rows.flatMap((row) => row.slice(row.indexOf("[")).match(/N\d+/g) ?? []))];
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
      worker: cell(line, "WORKER-STATE"),
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
