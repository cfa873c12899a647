/** Whose effect it is: keys are `run/step`, or `run/step.branch` where several are done side by side. */
export function runOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/"));
}
