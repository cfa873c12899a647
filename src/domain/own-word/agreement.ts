/** How a cloud's own word and our verdict go together. Only words follow from it. */
import type { Verdict } from "../snapshot.ts";
import type { Word } from "./word.ts";

/**
 * `admitted`: we see trouble, and it tells of some. `not-admitted`: we see trouble, and it tells of none.
 * `not-seen-here`: it tells of trouble, and we see none. `silent`: it says nothing.
 */
export const AGREEMENTS = [
  "both-well",
  "admitted",
  "not-admitted",
  "not-seen-here",
  "nobody-looked",
  "silent",
] as const;

export type Agreement = (typeof AGREEMENTS)[number];

export function agreementOf(verdict: Verdict, says: Word["says"] | "nothing"): Agreement {
  if (says === "nothing") return "silent";
  const tells = says === "trouble" || says === "outage";
  switch (verdict) {
    case "down":
    case "degraded":
      return tells ? "admitted" : "not-admitted";
    case "healthy":
      return tells ? "not-seen-here" : "both-well";
    case "unknown":
      return "nobody-looked";
  }
}
