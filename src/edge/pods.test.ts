import { afterEach, describe, expect, test } from "vitest";
import { PodTable, type Endpoint } from "./pods.ts";

const tables: PodTable[] = [];
afterEach(async () => {
  for (const table of tables.splice(0)) await table.destroy();
});

function start(): { table: PodTable; events: string[] } {
  const events: string[] = [];
  const table = new PodTable({
    now: () => 0,
    random: () => 0.5,
    onAdded: ({ url, pid }) => events.push(`added ${url} ${pid}`),
    onRemoved: ({ url, pid }) => events.push(`removed ${url} ${pid}`),
    onChanged: ({ pod, from, to }) => events.push(`${pod.url} ${from.state} -> ${to.state}`),
  });
  tables.push(table);
  return { table, events };
}

const at = (port: number, pid: number): Endpoint => ({
  cluster: "aws-west",
  url: `http://127.0.0.1:${port}`,
  pid,
});

describe("the table of pods", () => {
  test("takes another process on the same port for another pod, which has to prove itself", () => {
    const { table, events } = start();
    table.list("aws", [at(1, 10)]);
    const [former] = table.all();
    if (former !== undefined) table.observe(former, { kind: "answered", status: 200 });
    table.list("aws", [at(1, 11)]);
    expect(table.all().map(({ pid, state }) => ({ pid, state }))).toEqual([{ pid: 11, state: "unknown" }]);
    expect(events).toEqual([
      "added http://127.0.0.1:1 10",
      "http://127.0.0.1:1 unknown -> ready",
      "removed http://127.0.0.1:1 10",
      "added http://127.0.0.1:1 11",
    ]);
  });

  test("keeps the pods that are still listed, and those of other clouds, as they are", () => {
    const { table } = start();
    table.list("aws", [at(1, 1), at(2, 2)]);
    table.list("gcp", [at(3, 3)]);
    const before = table.all();
    table.list("aws", [at(2, 2), at(4, 4), at(4, 5)]);
    expect(table.all().map(({ url }) => url)).toEqual([at(2, 2).url, at(3, 3).url, at(4, 4).url]);
    expect(table.all().filter((pod) => before.includes(pod))).toHaveLength(2);
  });

  test("does not believe an empty list before the pods stop answering", () => {
    const { table } = start();
    table.list("aws", [at(1, 1), at(2, 2)]);
    const [first, second] = table.all();
    if (first !== undefined) table.observe(first, { kind: "answered", status: 200 });
    if (second !== undefined) table.observe(second, { kind: "refused", why: "refuses connections" });
    table.list("aws", []);
    expect(table.all()).toEqual([first]);
    if (first !== undefined) table.observe(first, { kind: "answered", status: 503 });
    table.list("aws", []);
    expect(table.all()).toEqual([]);
  });

  test("tells what a frozen pod has in flight, and only then", () => {
    const { table } = start();
    table.list("aws", [at(1, 1)]);
    const [pod] = table.all();
    let told = 0;
    pod?.inFlight.add({ podFroze: () => told++ });
    if (pod !== undefined) {
      table.observe(pod, { kind: "silent", forMs: 500, frozen: false });
      table.observe(pod, { kind: "refused", why: "refuses connections" });
      expect(told).toBe(0);
      table.observe(pod, { kind: "silent", forMs: 1000, frozen: true });
    }
    expect(told).toBe(1);
  });

  test("says nothing more of a pod that has left", () => {
    const { table, events } = start();
    table.list("aws", [at(1, 1)]);
    const [pod] = table.all();
    table.list("aws", [at(2, 2)]);
    if (pod !== undefined) table.observe(pod, { kind: "answered", status: 200 });
    expect(events.filter((event) => event.includes("->"))).toEqual([]);
  });
});
