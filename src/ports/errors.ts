/**
 * Errors are named by what happens next, because that is all that a caller can act on.
 *
 * - `Retryable`: nothing is known to be wrong with the request; the same key may be tried again.
 * - `Ambiguous`: the effect may or may not have happened; only reading the world decides.
 * - `Refused`: an effector or guard said no, with the facts that it saw; trying again as is would be refused again.
 * - `Terminal`: it cannot succeed as asked.
 */
export type ErrorKind = "retryable" | "ambiguous" | "refused" | "terminal";

export class PortError extends Error {
  readonly kind: ErrorKind;
  /** JSON-able facts that the decision rested on. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(kind: ErrorKind, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Error`;
    this.kind = kind;
    this.facts = facts;
  }
}

export const retryable = (message: string, facts?: Readonly<Record<string, unknown>>): PortError =>
  new PortError("retryable", message, facts);
export const ambiguous = (message: string, facts?: Readonly<Record<string, unknown>>): PortError =>
  new PortError("ambiguous", message, facts);
export const refused = (message: string, facts?: Readonly<Record<string, unknown>>): PortError =>
  new PortError("refused", message, facts);
export const terminal = (message: string, facts?: Readonly<Record<string, unknown>>): PortError =>
  new PortError("terminal", message, facts);
