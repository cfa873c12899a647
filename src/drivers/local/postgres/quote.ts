/** Every text of ours that reaches SQL or PostgreSQL's files as part of a statement passes one of these. */

function withoutNul(text: string): string {
  if (text.includes("\0")) throw new RangeError("PostgreSQL knows no text with a zero byte");
  return text;
}

/** An identifier: `a"b` becomes `"a""b"`. */
export function quoteIdentifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`;
}

/** A literal that means the same whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  const doubled = withoutNul(text).replaceAll("'", "''");
  return doubled.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

/** A value in `key=value` of a connection string (PostgreSQL documentation, 32.1.1.1). */
export function quoteConninfo(value: string): string {
  return `'${withoutNul(value).replaceAll(/['\\]/g, "\\$&")}'`;
}

/** A value in a configuration file: one line, quotes and backslashes doubled as ALTER SYSTEM writes them. */
export function quoteSetting(value: string): string {
  if (/[\r\n]/.test(value)) throw new RangeError("a setting's value has one line");
  return `'${withoutNul(value).replaceAll(/['\\]/g, "$&$&")}'`;
}

/** What `quoteSetting` made, back again. */
export function unquoteSetting(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/(['\\])\1/g, "$1");
}
