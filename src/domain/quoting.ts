/**
 * The only places where text becomes part of SQL or of a shell command.
 *
 * 1. What cannot be carried unchanged is refused: NUL, lone surrogates, identifiers that PostgreSQL would cut.
 * 2. The result is one token whatever the text is; reading it back gives exactly the text.
 * Values that can be bound as parameters are bound, not quoted; programs are started with argument arrays, not
 * with shell text. These are for the statements that take no parameters, and for what people type by hand.
 */

// NAMEDATALEN - 1: a longer name is cut with no more than a notice (PostgreSQL documentation, "Identifiers and Key Words").
const longestIdentifierBytes = 63;

/** A SQL identifier, always in double quotes. Throws RangeError when it is empty or cannot be carried unchanged. */
export function quoteIdentifier(name: string): string {
  requirePlain(name);
  if (name === "") throw new RangeError("a SQL identifier cannot be empty");
  if (new TextEncoder().encode(name).length > longestIdentifierBytes) {
    throw new RangeError(
      `a SQL identifier is at most ${longestIdentifierBytes} bytes: ${JSON.stringify(name)}`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A SQL string literal. One with a backslash becomes `E'...'`, which reads the same whether or not
 * `standard_conforming_strings` is on. Throws RangeError on what cannot be carried unchanged.
 */
export function quoteLiteral(value: string): string {
  requirePlain(value);
  const quoted = value.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

// What no POSIX shell treats specially as an argument. `=` only in options: `a=b` as a first word is an assignment.
const bareWord = /^(?:[A-Za-z0-9_./:@,-]+|--?[A-Za-z0-9][A-Za-z0-9_./:@,=-]*)$/;

/**
 * One word for a POSIX shell, as an argument. Control characters other than line feed are written by `printf`, so
 * that pasting the text into a terminal does not make a tab complete or an escape act. Throws RangeError on what
 * cannot be carried unchanged.
 */
export function quoteShellWord(word: string): string {
  requirePlain(word);
  if (bareWord.test(word)) return word;
  return `'${word.replace(/['\p{Cc}]/gu, escapeInQuotes)}'`;
}

/** A whole command line from its words. Throws as `quoteShellWord` does. */
export function shellCommand(words: readonly string[]): string {
  return words.map(quoteShellWord).join(" ");
}

/** What stands for `character` inside single quotes: the quotes are closed, and opened again after it. */
function escapeInQuotes(character: string): string {
  if (character === "\n") return character;
  if (character === "'") return "'\\''";
  const octal = [...new TextEncoder().encode(character)].map(
    (byte) => `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `'"$(printf '${octal.join("")}')"'`;
}

function requirePlain(text: string): void {
  if (text.includes("\0")) throw new RangeError(`NUL cannot be quoted: ${JSON.stringify(text)}`);
  if (!text.isWellFormed())
    throw new RangeError(`a lone surrogate cannot be quoted: ${JSON.stringify(text)}`);
}
