/** How many standbys a commit waits for, by the names that a server goes by (PostgreSQL documentation, "synchronous_standby_names"). */
export function standbysWaitedFor(names: string): number {
  const text = names.trim();
  if (text === "") return 0;
  const [, count] = /^(?:(?:ANY|FIRST)\s+)?(\d+)\s*\(/i.exec(text) ?? [];
  // A bare list is one of priorities, of which the first that is connected counts.
  return count === undefined ? 1 : Number(count);
}
