import { expect, test } from "vitest";
import { chainEvent, type EventDraft, type LedgerEvent } from "../../domain/ledger.ts";
import { samplesOf } from "./measured.ts";
import { compare, summaryOf } from "./summary.ts";

type Line = readonly [timeMs: number, type: EventDraft["type"], data: EventDraft["data"]];

function ledger(lines: readonly Line[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const [time, type, data] of lines)
    events.push(chainEvent(events.at(-1) ?? null, { run: "r", time, type, by: "engine", data }));
  return events;
}

const promote = { step: 7, op: "promote", target: "database/wildlifedb@azure" };
const raise = {
  step: 2,
  op: "scale",
  target: "cluster/azure-west",
  before: { replicas: 2 },
  params: { replicas: 3 },
};
const lower = { ...raise, step: 9, before: { replicas: 3 }, params: { replicas: 1 } };

test("an act takes until its effector's answer, pods until they are ready, a request from when it was sent", () => {
  const samples = samplesOf(
    ledger([
      [0, "act-intended", raise],
      [20, "act-done", raise],
      [2_500, "act-verified", raise],
      [3_000, "act-intended", promote],
      [3_140, "act-done", promote],
      [3_200, "act-verified", promote],
      [4_000, "act-intended", lower],
      [4_900, "act-verified", lower],
    ]),
    [
      { sent: 1, ended: 9.5, status: 200 },
      { sent: 2, ended: 90, status: 503 },
      { sent: 3, ended: 4, status: null },
    ],
  );
  expect(samples.get("podReadyMs")).toEqual([2_500]);
  expect(samples.get("podEndsMs")).toEqual([900]);
  expect(samples.get("promoteMs")).toEqual([140]);
  expect(samples.get("requestMs")).toEqual([8.5]);
});

test("an act that was tried again is left out", () => {
  const events = ledger([
    [0, "act-intended", promote],
    [400, "act-retried", promote],
    [900, "act-done", promote],
  ]);
  expect(samplesOf(events, []).get("promoteMs")).toEqual([]);
});

test("samples are told by the first, the middle and the last, of which outliers are left out", () => {
  const list = Array.from({ length: 101 }, (_, index) => index + 1);
  expect(summaryOf(new Map([["stopMs", list]])).get("stopMs")).toEqual({
    samples: 101,
    least: 2,
    typical: 51,
    most: 100,
  });
  expect(summaryOf(new Map([["stopMs", [500, 300]]])).get("stopMs")).toEqual({
    samples: 2,
    least: 300,
    typical: 300,
    most: 500,
  });
});

test("what is outside of the model's range is named, at both ends", () => {
  const wide = [0, 1_000] as const;
  const ranges = {
    podReadyMs: wide,
    podEndsMs: wide,
    promoteMs: [50, 100] as const,
    stopMs: wide,
    startMs: wide,
    followMs: wide,
    settingMs: wide,
    requestMs: wide,
  };
  const compared = compare(new Map([["promoteMs", [49, 50, 75, 100, 101]]]), ranges);
  expect(compared).toMatchObject({ samples: 5, inside: 3 });
  expect(compared.outside.map(({ name, ms }) => `${name} ${ms}`)).toEqual(["promoteMs 49", "promoteMs 101"]);
});

test("a request counts where nothing was wrong on purpose while it was on its way", () => {
  const sent = (from: number, to: number) => ({ sent: from, ended: to, status: 200 });
  const clients = [sent(0, 9), sent(5, 15), sent(12, 18), sent(19, 40), sent(21, 30), sent(50, 51)];
  const requests = (...disturbances: Parameters<typeof samplesOf>[2] & object) =>
    samplesOf([], clients, disturbances).get("requestMs");
  const begin = { time: 10, what: "begin", cloud: "aws" } as const;
  expect(requests(begin, { ...begin, time: 20, what: "end" })).toEqual([9, 9, 1]);
  expect(requests(begin)).toEqual([9]);
  expect(requests()).toHaveLength(clients.length);
});
