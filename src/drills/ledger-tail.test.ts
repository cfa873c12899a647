import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LedgerTail } from "./ledger-tail.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-tail-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const event = (index: number, name = "x") =>
  `${JSON.stringify({ run: "run-1", index, time: 1, type: "read", data: { name } })}\n`;
const tail = () => new LedgerTail({ ledgerFolder: folder, effectsFolder: folder, run: "run-1" });

test("events are told once, as soon as their line is whole, from a file that is not there yet on", () => {
  const file = join(folder, "run-1.jsonl");
  const looking = tail();
  expect(looking.look().events).toEqual([]);
  const line = event(1, "über");
  const half = Buffer.from(line).subarray(0, line.indexOf("ü") + 1);
  writeFileSync(file, Buffer.concat([Buffer.from(event(0)), half]));
  expect(looking.look().events.map(({ index }) => index)).toEqual([0]);
  appendFileSync(file, Buffer.from(line).subarray(half.length));
  const [told, ...more] = looking.look().events;
  expect(told?.data).toEqual({ name: "über" });
  expect(more).toEqual([]);
  expect(looking.look().events).toEqual([]);
});

test("a torn line that was cut and written anew is told once", () => {
  const file = join(folder, "run-1.jsonl");
  const looking = tail();
  writeFileSync(file, `${event(0)}{"run":"ru`);
  looking.look();
  truncateSync(file, event(0).length);
  expect(looking.look().events).toEqual([]);
  appendFileSync(file, event(1));
  expect(looking.look().events.map(({ index }) => index)).toEqual([1]);
});

test("effects of this run are told as they begin, and those of other runs are not", () => {
  const file = join(folder, "edge.started");
  writeFileSync(file, '{"op":"set-weights","key":"run-0/2"}\n');
  const looking = tail();
  appendFileSync(file, '{"op":"set-weights","key":"run-1/2"}\n');
  expect(looking.look().effects).toEqual([{ op: "set-weights", key: "run-1/2" }]);
});
