/** What every refusal says, in JSON as `{"error": {...}}`: what happened, why, and what to do next. */
export type Problem = Readonly<{ what: string; why: string; next: string }>;

/** The request is at fault: answered with `status` (400 to 499) and the problem, and nothing was changed. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem";
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(`${problem.what}: ${problem.why}`);
    this.status = status;
    this.problem = problem;
  }
}

/** Something that the gateway needs to start is wrong (config, token file, stored policy, port): it exits with status 2. */
export class StartProblem extends Error {
  override readonly name = "StartProblem";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.what}: ${problem.why}`);
    this.problem = problem;
  }
}

/** The `code` of a system's or undici's error, or "" where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
