/** What a run that waits for people waits for. */

/** For a decision on its plan; a run that cannot go on behind a commit waits for people too, and offers what they may do. */
export function waitsForApproval({
  state,
  offers,
}: {
  readonly state: string;
  readonly offers: readonly string[];
}): boolean {
  return state === "waiting-for-people" && offers.length === 0;
}
