/** What is known of whoever reads standard output. */
import type { Io } from "./context.ts";

// A log has no width, and some terminals say 0; tables are made for a hundred.
const NO_TERMINAL_COLUMNS = 100;

type Stream = { readonly isTTY?: boolean; readonly columns?: number };

/** Colours only for a terminal, and never where NO_COLOR has any value but the empty one (https://no-color.org). */
export function terminalOf(
  { isTTY, columns }: Stream,
  env: Readonly<Record<string, string | undefined>>,
): Io["terminal"] {
  const interactive = isTTY === true;
  const wanted = (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return { interactive, color: interactive && wanted, columns: columns || NO_TERMINAL_COLUMNS };
}
