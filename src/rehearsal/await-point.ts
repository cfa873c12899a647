/**
 * What a call of the journal is called when it is counted: the kind of step without its number and without the names of
 * clouds, so that one await point is the same in every direction that a runbook takes.
 */
export function awaitPoint(call: string, of: { readonly clouds: RegExp; readonly undoing: boolean }): string {
  const bare = call
    .replace(/^effect /, "")
    .replaceAll(/\b\d+(-\d+)*(:? |$)/g, "")
    .replaceAll(of.clouds, "CLOUD")
    .trim();
  return of.undoing ? `undo ${bare}` : bare;
}

/** Names in an inventory are letters, digits and hyphens: nothing in them means something in a pattern. */
export function cloudPattern(clouds: readonly string[]): RegExp {
  return new RegExp(`\\b(${clouds.join("|")})\\b`, "g");
}
