import { beforeEach, expect, test } from "vitest";
import { type DatabaseMemberFacts, UNREACHABLE_MEMBER } from "../../domain/snapshot.ts";
import { aloneRecordContract } from "../../ports/alone-record.contract.ts";
import type { AloneRecord } from "../../ports/alone-record.ts";
import type { DatabaseAct, Databases } from "../../ports/databases.ts";
import { retryable } from "../../ports/errors.ts";
import { withAloneRecord } from "./alone.ts";
import { memoryAloneRecord } from "./testing/memory-alone-record.ts";

aloneRecordContract("a process's memory", async () => ({
  record: memoryAloneRecord(),
  close: async () => undefined,
}));

const DATABASE = "wildlifedb";
const FULL = "ANY 1 (standby_azure, standby_gcp)";
const signal = AbortSignal.timeout(60_000);

/** What was asked of the members and of the record, in order. */
let asked: string[];
let members: Record<string, DatabaseMemberFacts>;
let record: AloneRecord;
let databases: Databases;
let sequence: number;

beforeEach(() => {
  asked = [];
  const running = { ...UNREACHABLE_MEMBER, state: "running" } as const;
  const standby = { ...running, role: "standby", follows: "aws", streaming: true } as const;
  members = { aws: { ...running, role: "primary", synchronousNames: FULL }, azure: standby, gcp: standby };
  record = memoryAloneRecord(({ cloud }) => asked.push(`record ${cloud ?? "nobody"}`));
  databases = withAloneRecord(inner, { record, synchronous: { [DATABASE]: 1 } });
  sequence = 0;
});

const inner: Databases = {
  observe: async () => ({ members, alone: { cloud: null } }),
  perform: async ({ cloud }, act) => {
    asked.push(`${act.act} ${cloud}`);
    const answer = members[cloud];
    if (answer === undefined) throw new Error(`no member in ${cloud}`);
    return { result: "done", answer };
  },
  marker: async ({ cloud }) => {
    asked.push(`marker ${cloud}`);
    return { timeline: 1, tookMs: 1 };
  },
};

async function perform(cloud: string, act: DatabaseAct): Promise<void> {
  sequence += 1;
  const token = { key: `run/${sequence}`, lock: `database/${DATABASE}`, epoch: 1, sequence };
  await databases.perform({ database: DATABASE, cloud }, act, token, signal);
}

const onRecord = async () => await record.read(DATABASE, signal);
const lower = { act: "set-synchronous", names: "" } as const;
const raise = { act: "set-synchronous", names: FULL } as const;

test("it is on record before the server is told, and in what is observed", async () => {
  await perform("aws", lower);
  expect(asked).toEqual(["record aws", "set-synchronous aws"]);
  expect((await databases.observe(DATABASE, signal)).alone).toEqual({ cloud: "aws" });
});

test("it leaves the record behind a commit that standbys have acknowledged", async () => {
  await perform("aws", lower);
  await perform("aws", raise);
  expect(asked.slice(2)).toEqual(["set-synchronous aws", "marker aws", "record nobody"]);
  expect((await databases.observe(DATABASE, signal)).alone).toEqual({ cloud: null });
});

test("it stays on record while no standby streams that could acknowledge", async () => {
  await perform("aws", lower);
  for (const cloud of ["azure", "gcp"]) {
    const member = members[cloud];
    if (member !== undefined) members[cloud] = { ...member, streaming: false };
  }
  await perform("aws", raise);
  expect(asked).not.toContain("marker aws");
  expect(await onRecord()).toBe("aws");
});

test("a standby's names put nobody on record; a server that has become a standby leaves it", async () => {
  await perform("azure", lower);
  expect(await onRecord()).toBeNull();
  await perform("aws", lower);
  await perform("gcp", { act: "follow", primary: "azure", slot: "standby_gcp" });
  expect(await onRecord()).toBe("aws");
  await perform("aws", { act: "follow", primary: "azure", slot: "standby_aws" });
  expect(await onRecord()).toBeNull();
});

test("what cannot be put on record is not done; what cannot be read is not known", async () => {
  await record.write({ database: DATABASE, cloud: null, token: { epoch: 9, sequence: 0 } }, signal);
  asked.length = 0;
  await expect(perform("aws", lower)).rejects.toMatchObject({ kind: "refused" });
  expect(asked).toEqual([]);
  const unread = { ...record, read: async () => Promise.reject(retryable("nobody answers")) };
  databases = withAloneRecord(inner, { record: unread, synchronous: { [DATABASE]: 1 } });
  expect((await databases.observe(DATABASE, signal)).alone).toBeNull();
});
