/** Aligned columns. Widths are counted before colours are put on, since those take no place on the screen. */

export type Cell = string | { readonly text: string; paint(text: string): string };

export type Align = "left" | "right";

/** Lines without trailing blanks, two blanks between columns. A row may be shorter than the others. */
export function columns(
  rows: readonly (readonly Cell[])[],
  aligns: readonly Align[] = [],
  indent = "",
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, textOf(cell).length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) => {
      const last = index === row.length - 1 && aligns[index] !== "right";
      return painted(cell, padded(textOf(cell), last ? 0 : (widths[index] ?? 0), aligns[index] ?? "left"));
    });
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}

/** Text cut into lines of at most `width`, at blanks; a word longer than that stays whole, so that it can be copied. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function painted(cell: Cell, text: string): string {
  return typeof cell === "string" ? text : cell.paint(text);
}

function padded(text: string, width: number, align: Align): string {
  return align === "right" ? text.padStart(width) : text.padEnd(width);
}
