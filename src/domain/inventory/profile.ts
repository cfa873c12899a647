/** Which profile a run uses, what that profile asks for before a runbook may start, and what is done in it. */
import type { AutomationPolicy } from "../automation.ts";
import { UnknownName } from "../names.ts";
import type { ScheduledEntry } from "../schedule.ts";
import type { StatusFeed } from "../status-feed.ts";
import type { Approval, Inventory, Profile } from "./schema.ts";

/** Throws `UnknownName`, which names the nearest profile and lists all. */
export function selectProfile(inventory: Inventory, name: string): Profile {
  const profile = Object.hasOwn(inventory.profiles, name) ? inventory.profiles[name] : undefined;
  if (profile === undefined) throw new UnknownName("profile", name, Object.keys(inventory.profiles));
  return profile;
}

/** What the profile states for the runbook; one person where it states nothing, so that silence never means yes. */
export function approvalRule(profile: Profile, runbook: string): Approval {
  const stated = Object.hasOwn(profile.approvals, runbook) ? profile.approvals[runbook] : undefined;
  return stated ?? { by: "people", count: 1 };
}

/** What may happen by itself in that profile. */
export function automationPolicy(name: string, { automation }: Profile): AutomationPolicy {
  const { runsPerHour, ...modes } = automation;
  return { profile: name, modes, runsPerHour };
}

/** What is begun at its time in that profile, in the order of the file. */
export function scheduledIn(inventory: Inventory, profile: string): ScheduledEntry[] {
  return inventory.schedule.flatMap(({ profile: only, within, back, ...entry }) =>
    only === undefined || only === profile ? [{ ...entry, withinMs: within, back: back ?? null }] : [],
  );
}

/** The clouds' own status feeds that are read in that profile. */
export function statusFeedsIn({ clouds, clusters }: Inventory, profile: string): StatusFeed[] {
  return Object.entries(clouds).flatMap(([cloud, { statusFeed: feed, statusPage = null }]): StatusFeed[] => {
    if (feed === undefined || (feed.profile !== undefined && feed.profile !== profile)) return [];
    const { url, format, every, services } = feed;
    const own = Object.values(clusters).filter((cluster) => cluster.cloud === cloud);
    const regions = [...new Set(own.map(({ region }) => region))];
    return [{ cloud, url, format, everyMs: every, page: statusPage, regions, services }];
  });
}
