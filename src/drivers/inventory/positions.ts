/** Where in the text of a YAML document a path leads. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
} from "yaml";

/** Both from 1, as editors count. */
export type Position = { readonly line: number; readonly column: number };

/**
 * The place of the value at `path`; of its key when `atKey`, or when the value spans lines. Where the path leads to
 * nothing (a missing key), the key of the last part that is there.
 */
export function positionOf(
  document: Document,
  lines: LineCounter,
  path: readonly (string | number)[],
  atKey: boolean,
): Position {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, part] of path.entries()) {
    const child = childOf(document, node, part);
    if (child === undefined) break;
    const isWanted = index === path.length - 1 && !atKey && !isCollection(child.value);
    offset = (isWanted ? startOf(child.value) : undefined) ?? child.offset ?? offset;
    node = child.value;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

type Child = { readonly value: unknown; readonly offset: number | undefined };

function childOf(document: Document, parent: unknown, part: string | number): Child | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const value: unknown = typeof part === "number" ? node.items[part] : undefined;
    return value === undefined ? undefined : { value, offset: startOf(value) };
  }
  if (!isMap(node)) return undefined;
  // The last of several equal keys: it is the one whose value counts.
  const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair === undefined ? undefined : { value: pair.value, offset: startOf(pair.key) };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isCollection(value) || isAlias(value);
}
