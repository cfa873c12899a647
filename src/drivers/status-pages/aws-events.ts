/**
 * The public list of AWS' Health Dashboard, https://health.aws.amazon.com/public/currentevents: a list of open events, in UTF-16
 * with a byte order mark. AWS documents the page (https://docs.aws.amazon.com/health/latest/ug/aws-health-dashboard-status.html)
 * and not the list; its shape is as several open readers of it have it, with samples of September 2026.
 *
 * 1. `status`: 0 it is over, 1 information, 2 degraded, 3 disrupted; text in events, a number elsewhere. Event logs rise from
 *    1 to 3, and services go from 0 to 3 and back. What is none of these is trouble: it is on the list.
 * 2. Where it is: the region in the `arn`, else at the end of `service` (`ec2-us-west-2`). None: it does not say.
 *    `region_name` is a title. Events of one region can stay open for half a year, so that who has no part in it must not see them.
 * 3. What it is about: the services whose own status is not 0 any more, by name and by id.
 */
import { z } from "zod";
import type { Gravity, Notice } from "../../domain/own-word/notice.ts";
import { bounded, makeNotice } from "./make-notice.ts";

const number = z.union([z.string(), z.number()]).nullish();
const event = z.object({
  arn: z.string().nullish(),
  date: number,
  region_name: z.string().nullish(),
  service: z.string().nullish(),
  service_name: z.string().nullish(),
  status: number,
  summary: z.string().nullish(),
  event_log: z.array(z.object({ timestamp: number })).nullish(),
  impacted_services: z
    .record(z.string(), z.object({ service_name: z.string().nullish(), current: number }))
    .nullish(),
});
type AwsEvent = z.output<typeof event>;

const GRAVITY: Readonly<Record<string, Gravity>> = { "1": "notice", "2": "trouble", "3": "outage" };
const OVER = "0";

/** Throws what is wrong with it. */
export function awsEvents(body: string): readonly Notice[] {
  const events = z.array(event).parse(JSON.parse(body));
  return bounded(events.filter(({ status }) => codeOf(status) !== OVER).map((one) => noticeOf(one)));
}

function noticeOf(one: AwsEvent): Notice {
  const region = regionOf(one);
  const updates = (one.event_log ?? []).flatMap(({ timestamp }) => secondsOf(timestamp) ?? []);
  const about = one.service_name ?? one.service ?? "";
  const summary = one.summary ?? "";
  return makeNotice({
    gravity: GRAVITY[codeOf(one.status)] ?? "trouble",
    text: about === "" || summary === "" ? `${about}${summary}` : `${about}: ${summary}`,
    sinceMs: secondsOf(one.date),
    updatedMs: updates.length === 0 ? null : updates.reduce((a, b) => Math.max(a, b)),
    places: region === null ? null : [region],
    services: servicesOf(one, region),
  });
}

const REGION = /(?<![a-z])[a-z]{2}-(?:gov-|iso[a-z]?-)?[a-z]+-\d+$/;

function regionOf({ arn, service }: AwsEvent): string | null {
  const stated = arn?.split(":")[3] ?? "";
  if (stated !== "") return stated === "global" ? null : stated;
  return REGION.exec(service ?? "")?.[0] ?? null;
}

function servicesOf(one: AwsEvent, region: string | null): string[] | null {
  const without = (id: string) =>
    region !== null && id.endsWith(`-${region}`) ? id.slice(0, -region.length - 1) : id;
  const affected = Object.entries(one.impacted_services ?? {}).filter(
    ([, { current }]) => codeOf(current) !== OVER,
  );
  if (affected.length > 0)
    return affected.flatMap(([id, { service_name: name }]) => [without(id), ...(name ? [name] : [])]);
  const id = without(one.service ?? "");
  // It stands for a list, and none is given.
  if (id === "" || id === "multipleservices") return null;
  return [id, ...(one.service_name ? [one.service_name] : [])];
}

function codeOf(code: z.output<typeof number>): string {
  return String(code ?? "").trim();
}

function secondsOf(seconds: z.output<typeof number>): number | null {
  const value = Number(seconds ?? Number.NaN);
  return Number.isFinite(value) ? value * 1_000 : null;
}
