/**
 * What in an inventory names or adds up to something else in it. Written over values whose shape is not yet known to
 * be right, so that a wrong title does not hide a wrong weight: whatever is not of the expected shape is skipped
 * here, because the schema has said so already.
 */
import { isAuditLedger } from "../ledger.ts";
import { humanOf, RESERVED_NAMES } from "../people.ts";
import { RUNBOOK_NAMES } from "../runbook-names.ts";
import { durationPattern, formatDuration, type Milliseconds, milliseconds, parseDuration } from "../units.ts";
import { expectedOneOf } from "./messages.ts";

/** An error and the place it belongs to. */
export type Finding = {
  /** Keys and list positions, from the top of the file. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The key at `path` is what is wrong, rather than its value. */
  readonly key?: true;
};

type Mapping = Readonly<Record<string, unknown>>;

/** `npm start` and `npm run drill` choose these by name. */
const requiredProfiles = ["production", "drill"];

/** All findings, in the order of the file's sections. */
export function crossCheck(inventory: unknown): Finding[] {
  const clouds = keysAt(inventory, "clouds");
  return [
    ...checkStatusFeeds(inventory),
    ...checkClusters(inventory, clouds),
    ...checkDatabases(inventory, clouds),
    ...checkWeights(inventory, clouds),
    ...checkStores(inventory),
    ...checkRetention(inventory),
    ...checkPeople(inventory),
    ...checkProfiles(inventory),
    ...checkSchedule(inventory),
  ];
}

function checkStatusFeeds(inventory: unknown): Finding[] {
  return entriesAt(inventory, "clouds").flatMap(([name, cloud]) => {
    const { profile } = mapping(mapping(cloud)["statusFeed"]);
    return reference(["clouds", name, "statusFeed", "profile"], profile, keysAt(inventory, "profiles"));
  });
}

function checkClusters(inventory: unknown, clouds: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const clusters = entriesAt(inventory, "clusters");
  const contexts = new Map<unknown, string>();
  for (const [name, cluster] of clusters) {
    const path = ["clusters", name];
    const { cloud, context } = mapping(cluster);
    findings.push(...reference([...path, "cloud"], cloud, clouds));
    const other = contexts.get(context);
    if (typeof context === "string" && other !== undefined) {
      findings.push({
        path: [...path, "context"],
        message: `context ${JSON.stringify(context)} is cluster ${other}'s already`,
      });
    }
    contexts.set(context, other ?? name);
    findings.push(...checkReplicas([...path, "replicas"], mapping(mapping(cluster)["replicas"])));
  }
  for (const cloud of clusters.length === 0 ? [] : clouds) {
    if (clusters.some(([, cluster]) => mapping(cluster)["cloud"] === cloud)) continue;
    findings.push({
      path: ["clouds", cloud],
      message: `expected at least one cluster in cloud ${cloud}, got none`,
    });
  }
  return findings;
}

function checkReplicas(path: Finding["path"], { least, usual, most }: Mapping): Finding[] {
  if (typeof least !== "number" || typeof usual !== "number" || typeof most !== "number") return [];
  if (least <= usual && usual <= most) return [];
  return [{ path, message: `expected least <= usual <= most, got ${least}, ${usual}, ${most}` }];
}

function checkDatabases(inventory: unknown, clouds: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  for (const [name, database] of entriesAt(inventory, "databases")) {
    const path = ["databases", name];
    const members = keysAt(database, "members");
    findings.push(...reference([...path, "primary"], mapping(database)["primary"], members));
    for (const member of members) findings.push(...keyReference([...path, "members", member], clouds));
    const { synchronous } = mapping(database);
    const standbys = members.length - 1;
    if (typeof synchronous === "number" && members.length > 0 && synchronous > standbys) {
      const message = `expected at most ${standbys}, the number of standbys, got ${synchronous}`;
      findings.push({ path: [...path, "synchronous"], message });
    }
    const slots = entriesAt(database, "members").map(([member, value]) => ({
      member,
      slot: mapping(value)["slot"],
    }));
    for (const [index, { member, slot }] of slots.entries()) {
      const first = slots.slice(0, index).find((earlier) => earlier.slot === slot);
      if (first === undefined || typeof slot !== "string") continue;
      const message = `slot ${JSON.stringify(slot)} is member ${first.member}'s already`;
      findings.push({ path: [...path, "members", member, "slot"], message });
    }
  }
  return findings;
}

function checkWeights(inventory: unknown, clouds: readonly string[]): Finding[] {
  const path = ["edge", "weights"];
  const weights = entriesAt(mapping(inventory)["edge"], "weights");
  if (weights.length === 0 || clouds.length === 0) return [];
  const findings = weights.flatMap(([cloud]) => keyReference([...path, cloud], clouds));
  const missing = clouds.filter((cloud) => !weights.some(([name]) => name === cloud));
  if (missing.length > 0)
    findings.push({ path, message: `expected a weight for every cloud, got none for ${missing.join(", ")}` });
  const shares = weights.map(([, share]) => share).filter((share) => typeof share === "number");
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length === weights.length && sum !== 100) {
    findings.push({ path, message: `expected weights that sum to 100, got ${shares.join(" + ")} = ${sum}` });
  }
  return findings;
}

function checkStores(inventory: unknown): Finding[] {
  const { ledger: stores, sheets } = mapping(mapping(inventory)["stores"]);
  if (!Array.isArray(stores)) return [];
  const findings: Finding[] = [];
  const seen = new Map<string, number>();
  for (const [index, store] of stores.entries()) {
    if (typeof store !== "string") continue;
    const folder = plainFolder(store);
    const first = seen.get(folder);
    if (first !== undefined) {
      const message = `expected different folders, got ${JSON.stringify(store)} again (first at stores.ledger[${first}])`;
      findings.push({ path: ["stores", "ledger", index], message });
    }
    seen.set(folder, first ?? index);
  }
  // Sheets are replaced and shut to others; ledgers are only ever added to.
  if (typeof sheets === "string" && seen.has(plainFolder(sheets))) {
    const message = `expected a folder of its own, got ${JSON.stringify(sheets)}, which is a ledger's`;
    findings.push({ path: ["stores", "sheets"], message });
  }
  return findings;
}

/** A record that may go before its approval lapses could go before anybody has asked what was approved. */
function checkRetention(inventory: unknown): Finding[] {
  const stores = mapping(mapping(inventory)["stores"]);
  const kept = lengthOf(mapping(stores["retention"])["ledger"]);
  if (kept === null) return [];
  return entriesAt(inventory, "profiles").flatMap(([name, profile]): Finding[] => {
    const { approvalFor } = mapping(profile);
    const length = lengthOf(approvalFor);
    if (length === null || kept > length) return [];
    const message = `expected more than ${formatDuration(length)}, for which an approval lasts in profile ${name}`;
    return [{ path: ["stores", "retention", "ledger"], message }];
  });
}

/** Of a duration as text or, once the schema has parsed it, as milliseconds. */
function lengthOf(value: unknown): Milliseconds | null {
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value >= 0 ? milliseconds(value) : null;
  return typeof value === "string" && durationPattern.test(value) ? parseDuration(value) : null;
}

/** `./ledger/` and `ledger` are the same folder. */
function plainFolder(store: string): string {
  const parts = store.split("/").filter((part) => part !== "" && part !== ".");
  return (store.startsWith("/") ? "/" : "") + parts.join("/");
}

function checkPeople(inventory: unknown): Finding[] {
  const findings: Finding[] = [];
  const contacts = keysAt(inventory, "contacts");
  for (const [name, person] of entriesAt(inventory, "people")) {
    findings.push(...reference(["people", name, "contact"], mapping(person)["contact"], contacts));
    if (!RESERVED_NAMES.includes(name)) continue;
    const message = `the ledger uses ${JSON.stringify(name)} for what is no person; expected another name`;
    findings.push({ path: ["people", name], message, key: true });
  }
  for (const [name, contact] of entriesAt(inventory, "contacts")) {
    const { phone, mail } = mapping(contact);
    if (phone !== undefined || mail !== undefined) continue;
    findings.push({ path: ["contacts", name], message: "expected a phone or a mail, got neither" });
  }
  return findings;
}

function checkProfiles(inventory: unknown): Finding[] {
  const findings: Finding[] = [];
  const profiles = entriesAt(inventory, "profiles");
  const approvers = approvingHumans(inventory);
  for (const required of profiles.length === 0 ? [] : requiredProfiles) {
    if (profiles.some(([name]) => name === required)) continue;
    findings.push({
      path: ["profiles"],
      message: `expected a profile named ${required}, got ${keysAt(inventory, "profiles").join(", ")}`,
    });
  }
  for (const [name, profile] of profiles) {
    for (const [runbook, approval] of entriesAt(profile, "approvals")) {
      const path = ["profiles", name, "approvals", runbook];
      findings.push(...keyReference(path, RUNBOOK_NAMES));
      const { count } = mapping(approval);
      if (typeof count !== "number" || count <= approvers) continue;
      const message = `expected at most ${approvers}, the number of people with the role approver or admin, got ${count}`;
      findings.push({ path: [...path, "count"], message });
    }
  }
  return findings;
}

function checkSchedule(inventory: unknown): Finding[] {
  const { schedule } = mapping(inventory);
  if (!Array.isArray(schedule)) return [];
  const findings: Finding[] = [];
  const seen = new Map<unknown, number>();
  for (const [index, entry] of schedule.entries()) {
    const path = ["schedule", index];
    const { name, runbook, back, profile } = mapping(entry);
    const first = seen.get(name);
    if (typeof name === "string" && first !== undefined) {
      const message = `${JSON.stringify(name)} is the name of schedule[${first}] already`;
      findings.push({ path: [...path, "name"], message });
    }
    seen.set(name, first ?? index);
    if (typeof name === "string" && isAuditLedger(name))
      findings.push({
        path: [...path, "name"],
        message: `${JSON.stringify(name)} would be taken for the audit ledger`,
      });
    findings.push(...reference([...path, "runbook"], runbook, RUNBOOK_NAMES));
    if (back !== undefined)
      findings.push(...reference([...path, "back", "runbook"], mapping(back)["runbook"], RUNBOOK_NAMES));
    if (profile !== undefined)
      findings.push(...reference([...path, "profile"], profile, keysAt(inventory, "profiles")));
  }
  return findings;
}

/** How many can approve: a human with two names counts once. */
function approvingHumans(inventory: unknown): number {
  const able = entriesAt(inventory, "people").filter(([, person]) => mayApprove(mapping(person)["roles"]));
  const humans = able.map(([name, person]) => {
    const { mail } = mapping(person);
    return typeof mail === "string" ? humanOf(mail) : name;
  });
  return new Set(humans).size;
}

function mayApprove(roles: unknown): boolean {
  return Array.isArray(roles) && (roles.includes("approver") || roles.includes("admin"));
}

/** A finding unless `value` is one of the names. Says nothing when there is nothing to compare with. */
function reference(path: Finding["path"], value: unknown, names: readonly string[]): Finding[] {
  if (typeof value !== "string" || names.length === 0 || names.includes(value)) return [];
  return [{ path, message: expectedOneOf(names, value) }];
}

/** The same for a key, the last part of its path. */
function keyReference(path: Finding["path"], names: readonly string[]): Finding[] {
  return reference(path, path.at(-1), names).map((finding) => ({ ...finding, key: true }));
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

function entriesAt(value: unknown, key: string): [string, unknown][] {
  return Object.entries(mapping(mapping(value)[key]));
}

function keysAt(value: unknown, key: string): string[] {
  return Object.keys(mapping(mapping(value)[key]));
}
