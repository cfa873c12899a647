import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { faultName } from "../../simulation/faults.ts";
import { marksOf } from "./as-modelled.ts";
import type { Struck } from "./parse-records.ts";

function namesOf(fault: Struck["fault"]): string[] {
  const struck = { time: 5, what: "begin", cloud: "aws", fault } as const;
  return marksOf(exampleInventory(), [struck]).map((mark) => faultName(mark.fault));
}

test("a cloud that is killed is one fault, one that is frozen or cut off is each of its parts'", () => {
  expect(namesOf("kill")).toEqual(["process/killed@cloud/aws"]);
  expect(namesOf("freeze")).toEqual([
    "process/frozen@cluster/aws-west",
    "process/frozen@cluster/aws-east",
    "process/frozen@database/aws",
    "process/frozen@agent/aws",
  ]);
  expect(namesOf("partition")).toEqual([
    "planes/control-down@cloud/aws",
    "network/replication-cut@link/aws->azure",
    "network/replication-cut@link/aws->gcp",
    "network/replication-cut@link/azure->aws",
    "network/replication-cut@link/gcp->aws",
    "network/edge-cut@cloud/aws",
  ]);
  expect(namesOf("slow")).toEqual([]);
});

test("each keeps its time, and whether it begins", () => {
  const struck = { cloud: "gcp", fault: "kill" } as const;
  const marks = marksOf(exampleInventory(), [
    { ...struck, time: 1, what: "begin" },
    { ...struck, time: 9, what: "end" },
  ]);
  expect(marks.map(({ timeMs, begins }) => [timeMs, begins])).toEqual([
    [1, true],
    [9, false],
  ]);
});

test("a server that thaws is ended as its agent would, and comes back like one that crashed", () => {
  const thawed = { time: 9, what: "end", cloud: "aws", fault: "freeze" } as const;
  const marks = marksOf(exampleInventory(), [thawed]).map(({ begins, fault }) => [faultName(fault), begins]);
  expect(marks.slice(-2)).toEqual([
    ["process/killed@database/aws", true],
    ["process/killed@database/aws", false],
  ]);
});
