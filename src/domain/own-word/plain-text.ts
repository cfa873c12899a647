/**
 * Text of strangers, as it may be shown: a status page is written by whoever can write to it.
 *
 * 1. One line: whatever breaks, moves or hides text (control, format, private and lone surrogate characters, line and
 *    paragraph separators) becomes a space, and spaces become one.
 * 2. At most as long as asked, counted in characters and not in halves of them, and no character wears more marks than
 *    a script needs.
 */
const BREAKS = /[\p{C}\p{Zl}\p{Zp}\s]+/gu;
const MARKS = /(\p{M}{3})\p{M}+/gu;

export function plainText(raw: string, most: number): string {
  // Cut before it is looked at as a whole: it may be megabytes of one kind.
  const text = raw
    .slice(0, most * 20)
    .replaceAll(BREAKS, " ")
    .replaceAll(MARKS, "$1")
    .trim();
  const characters = [...text];
  if (characters.length <= most && raw.length <= most * 20) return text;
  return `${characters
    .slice(0, most - 3)
    .join("")
    .trimEnd()}...`;
}
