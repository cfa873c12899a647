/**
 * Google Cloud's `incidents.json`: a list of incidents, old ones too. Its shape is in
 * https://status.cloud.google.com/incidents.schema.json; what its words mean, in
 * https://cloud.google.com/support/docs/dashboard (outage, disruption, information).
 *
 * 1. Open is what has no `end`, unless its last update says `AVAILABLE`.
 * 2. Where it is: `currently_affected_locations`, by the ids of regions (`us-west1`), or `global`. None: it does not say.
 * 3. What it is about: `affected_products`; `service_name` is `Multiple Products` for just the largest.
 */
import { z } from "zod";
import type { Gravity, Notice } from "../../domain/own-word/notice.ts";
import { bounded, makeNotice, momentOf } from "./make-notice.ts";

const text = z.string().nullish();
const incident = z.object({
  begin: text,
  modified: text,
  external_desc: text,
  status_impact: text,
  service_name: text,
  affected_products: z.array(z.object({ title: text })).nullish(),
  currently_affected_locations: z.array(z.object({ id: text })).nullish(),
  most_recent_update: z.object({ status: text, when: text, modified: text }).nullish(),
});
const ended = z.object({ end: z.string().min(1) });

/** Throws what is wrong with it. */
export function googleIncidents(body: string): readonly Notice[] {
  const all = z.array(z.unknown()).parse(JSON.parse(body));
  // Years of closed ones are not looked at further.
  const open = all.filter((one) => !ended.safeParse(one).success).map((one) => incident.parse(one));
  return bounded(open.flatMap((one) => noticeOf(one)));
}

function noticeOf(one: z.output<typeof incident>): Notice[] {
  const last = one.most_recent_update;
  if (last?.status === "AVAILABLE") return [];
  const places = (one.currently_affected_locations ?? []).flatMap(({ id }) => id ?? []);
  const services = (one.affected_products ?? []).flatMap(({ title }) => title ?? []);
  return [
    makeNotice({
      gravity: gravityOf(last?.status) ?? gravityOf(one.status_impact) ?? "trouble",
      text: wordsOf(one),
      sinceMs: momentOf(one.begin),
      updatedMs: momentOf(last?.modified ?? last?.when ?? one.modified),
      places: places.includes("global") ? null : places,
      services,
    }),
  ];
}

/** Its marks of emphasis are for a page that draws them. */
function wordsOf({ external_desc: described, service_name: name }: z.output<typeof incident>): string {
  const words = (described ?? "")
    .slice(0, 2_000)
    .replaceAll("**", " ")
    .replace(/^\s*Title:/i, " ");
  return words.trim() === "" ? (name ?? "") : words;
}

function gravityOf(word: string | null | undefined): Gravity | null {
  if (word === "SERVICE_OUTAGE") return "outage";
  if (word === "SERVICE_DISRUPTION") return "trouble";
  return word === "SERVICE_INFORMATION" || word === "AVAILABLE_INFORMATION" ? "notice" : null;
}
