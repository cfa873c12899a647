/**
 * Atlassian Statuspage, and who answers in its form: `api/v2/summary.json`, or `api/v2/status.json`, which has the whole page's
 * word alone. Its fields are on each page itself, below `/api` (https://confluence.status.atlassian.com/api).
 *
 * 1. Each component that is not operational, each incident that is not resolved, and each maintenance in progress is a notice.
 *    The page's own indicator counts only where none of these is told: it may say `none` beside an open incident, and it is about all
 *    components, also those that nobody here uses.
 * 2. A component is named as a service. A component of an open incident is told of once, by the incident, unless it is worse.
 * 3. Lists may be null or missing (some answer so when they are empty).
 */
import { z } from "zod";
import { GRAVITIES, type Gravity, type Notice } from "../../domain/own-word/notice.ts";
import { bounded, makeNotice, momentOf } from "./make-notice.ts";

const text = z.string().nullish();
const component = z.object({
  name: z.string(),
  status: text,
  group: z.boolean().nullish(),
  updated_at: text,
});
const incident = z.object({
  name: text,
  status: text,
  impact: text,
  started_at: text,
  created_at: text,
  scheduled_for: text,
  updated_at: text,
  components: z.array(z.object({ name: z.string() })).nullish(),
});
const page = z.object({
  page: z.object({ updated_at: text }).nullish(),
  status: z.object({ indicator: z.string(), description: text }),
  components: z.array(component).nullish(),
  incidents: z.array(incident).nullish(),
  scheduled_maintenances: z.array(incident).nullish(),
});
type Incident = z.output<typeof incident>;
type Component = z.output<typeof component>;

const IMPACT: Readonly<Record<string, Gravity>> = {
  none: "notice",
  maintenance: "notice",
  minor: "trouble",
  major: "outage",
  critical: "outage",
};
const COMPONENT: Readonly<Record<string, Gravity | null>> = {
  operational: null,
  under_maintenance: "notice",
  degraded_performance: "trouble",
  partial_outage: "trouble",
  major_outage: "outage",
};
const CLOSED = ["resolved", "postmortem", "completed"];
const UNDER_WAY = ["in_progress", "verifying"];

/** Throws what is wrong with it. */
export function statuspage(body: string): readonly Notice[] {
  const told = page.parse(JSON.parse(body));
  const incidents = (told.incidents ?? [])
    .filter(({ status }) => !CLOSED.includes(status ?? ""))
    .map((one) => ofIncident(one, IMPACT[one.impact ?? ""] ?? "trouble"));
  const maintenances = (told.scheduled_maintenances ?? [])
    .filter(({ status }) => UNDER_WAY.includes(status ?? ""))
    .map((one) => ofIncident(one, "notice"));
  const components = (told.components ?? []).flatMap((one) => ofComponent(one, incidents));
  const notices = [...incidents, ...components, ...maintenances];
  return bounded(notices.length > 0 ? notices : ofWholePage(told));
}

function ofIncident(one: Incident, gravity: Gravity): Notice {
  return makeNotice({
    gravity,
    text: one.name ?? "",
    sinceMs: momentOf(one.scheduled_for ?? one.started_at ?? one.created_at),
    updatedMs: momentOf(one.updated_at),
    places: null,
    services: one.components?.map(({ name }) => name) ?? null,
  });
}

function ofComponent(
  { name, status, group, updated_at: updated }: Component,
  incidents: readonly Notice[],
): Notice[] {
  const gravity = Object.hasOwn(COMPONENT, status ?? "") ? COMPONENT[status ?? ""] : "trouble";
  if (group === true || gravity === null || gravity === undefined) return [];
  const words = (status ?? "of no status").replaceAll("_", " ");
  const own = makeNotice({
    gravity,
    text: `${name}: ${words}`,
    sinceMs: null,
    updatedMs: momentOf(updated),
    places: null,
    services: [name],
  });
  const [shown = name] = own.services ?? [];
  const isTold = incidents.some(
    ({ services, gravity: of }) => services?.includes(shown) === true && rank(of) >= rank(gravity),
  );
  return isTold ? [] : [own];
}

function rank(gravity: Gravity): number {
  return GRAVITIES.indexOf(gravity);
}

function ofWholePage({ status, page: about }: z.output<typeof page>): Notice[] {
  if (status.indicator === "none") return [];
  const updatedMs = momentOf(about?.updated_at);
  const gravity = IMPACT[status.indicator] ?? "trouble";
  const words = status.description ?? status.indicator;
  return [makeNotice({ gravity, text: words, sinceMs: null, updatedMs, places: null, services: null })];
}
