/** The ways from place to place that can be cut: who starts there, who is reached, and by which port. */
import { z } from "zod";

/** A cloud; null: outside of all clouds. */
const place = z.string().nullable();

export const link = z.object({
  from: place,
  to: place,
  /** `pods`: any of them, which the caller names by CONNECT, since they come and go. */
  what: z.enum(["pods", "agent", "observer", "database", "edge"]),
  /** Where the link listens. */
  port: z.int(),
  /** Where it leads; null for `pods`. */
  target: z.int().nullable(),
});

export type Link = z.infer<typeof link>;
export type Place = Link["from"];

/** One end of it is in a cloud that is cut off. */
export function isCut({ from, to }: Link, cut: ReadonlySet<string>): boolean {
  return (from !== null && cut.has(from)) || (to !== null && cut.has(to));
}

export function wordsOf({ from, to, what }: Link): string {
  return `${from ?? "outside"} to ${what} of ${to ?? "outside"}`;
}
