/** Errors that callers see: what happened, why, and the next command; each code is one HTTP status and one exit code. */
import { Refusal, StepFailed } from "../../engine/failures.ts";
import { PortError } from "../../ports/errors.ts";

const STATUS = {
  malformed: 400,
  unauthenticated: 401,
  "not-allowed": 403,
  "not-found": 404,
  refused: 409,
  failed: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof STATUS;

type Words = { readonly what: string; readonly why: string; readonly next: string; readonly facts?: object };

export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly words: Words;

  constructor(code: ErrorCode, words: Words) {
    super(words.what);
    this.name = "ApiError";
    this.code = code;
    this.words = words;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof Refusal) {
    return new ApiError("refused", {
      what: error.message,
      why: "a rule of the product does not allow it on the world as it is",
      next: "mend what the facts show, then plan again",
      facts: { ...error.facts, guards: error.guards },
    });
  }
  if (error instanceof PortError) {
    return new ApiError(error.kind === "refused" ? "refused" : "unavailable", {
      what: error.message,
      why: "a part of the world that is needed for this does not answer as it should",
      next: "wildcam status",
      facts: error.facts,
    });
  }
  if (error instanceof StepFailed) {
    return new ApiError("failed", {
      what: error.message,
      why: "a step failed",
      next: "wildcam status",
      facts: error.facts,
    });
  }
  if (isCallersFault(error)) {
    return new ApiError("malformed", {
      what: error.message,
      why: "the call is not of the API's form",
      next: "wildcam --help",
    });
  }
  return new ApiError("failed", {
    what: error instanceof Error ? error.message : String(error),
    why: "a fault of this program",
    next: "read the server's log in the state folder's logs/",
  });
}

/** What the HTTP server itself refuses: a body that is no JSON, too large, or of another type. */
function isCallersFault(error: unknown): error is Error {
  if (!(error instanceof Error) || !("statusCode" in error)) return false;
  return typeof error.statusCode === "number" && error.statusCode >= 400 && error.statusCode < 500;
}
