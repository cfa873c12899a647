/**
 * "Did you mean ...?": the valid name that is nearest to what was typed, or none when nothing is near.
 * Distance is Damerau-Levenshtein in its optimal string alignment form: insert, delete, replace, swap neighbours.
 */

/** How many single edits (insert, delete, replace, swap of neighbours) turn `left` into `right`. */
export function editDistance(left: string, right: string): number {
  const from = [...left];
  const to = [...right];
  let older: number[] = [];
  let previous = [0, ...to.map((_, column) => column + 1)];
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const edits = [
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      ];
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits.push(at(older, column - 2) + 1);
      current.push(Math.min(...edits));
    }
    older = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

// A longer text than any name is not a slip of the hand; the bound keeps the quadratic work small.
const longestName = 64;

/**
 * The candidate nearest to `name`, without regard to case, within a third of its length (at least one edit).
 * Of several equally near, the first in the given order. None when nothing is near enough.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > longestName) return undefined;
  const typed = name.toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (candidate.length > longestName) continue;
    const distance = editDistance(typed, candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    // As many edits as there are letters is another name, not a slip: "x" is not a misspelt "y".
    if (distance > allowed || distance >= candidate.length) continue;
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate;
}

/** ` (did you mean "aws"?)`, with its leading space, or nothing: to be appended to an error. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : ` (did you mean ${JSON.stringify(nearest)}?)`;
}

/** A name that somebody gave is not there: `message` has the nearest valid one and the list of all. */
export class UnknownName extends Error {
  readonly given: string;
  readonly valid: readonly string[];

  constructor(noun: string, given: string, valid: readonly string[]) {
    super(
      `no ${noun} named ${JSON.stringify(given)}${didYouMean(given, valid)}; there are: ${valid.join(", ")}`,
    );
    this.name = "UnknownName";
    this.given = given;
    this.valid = valid;
  }
}
