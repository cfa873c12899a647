/** Whom a local world takes for its user when nobody is named: somebody who may start runs, and whose token is in force. */
import { peopleFile, standingOf } from "../../../domain/people.ts";
import { readText } from "../processes/files.ts";

/** Empty when there is nobody at all. */
export function usualPerson(file: string, nowMs: number): string {
  const all = Object.entries(peopleFile.parse(JSON.parse(readText(file) ?? "{}")));
  const known = all.filter(([, person]) => standingOf(person, nowMs) === "in force");
  const [name = ""] = known.find(([, { roles }]) => roles.includes("operator")) ?? known[0] ?? all[0] ?? [];
  return name;
}
