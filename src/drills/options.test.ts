import { expect, test } from "vitest";
import { BadOptions, checkDirection, parseOptions } from "./options.ts";

test("without a word it is the planned failover at 200 requests/s", () => {
  expect(parseOptions([])).toMatchObject({ drill: "planned-failover", kills: 0, ratePerSecond: 200 });
});

test("the interrupted drill interrupts 60 times at 60 requests/s unless told otherwise", () => {
  expect(parseOptions(["interrupted"])).toMatchObject({ drill: "interrupted", kills: 60, ratePerSecond: 60 });
  const words = ["interrupted", "--kills", "7", "--rate", "90", "--sabotage", "twice"];
  expect(parseOptions(words)).toMatchObject({ kills: 7, ratePerSecond: 90, sabotage: "twice" });
});

test.each([
  [["interupted"], 'there is no "interupted" (did you mean interrupted?)'],
  [["interrupted", "again"], "expected one drill, got interrupted again"],
  [["interrupted", "--kills", "0"], '--kills: expected a whole number from 1 to 1000, got "0"'],
  [["--kills", "5"], "--kills: only for the drill interrupted"],
  [["--sabotage", "twice"], "--sabotage twice: only for the drill interrupted"],
  [["--sabotage", "lose-writ"], '--sabotage: there is no "lose-writ" (did you mean lose-write?)'],
])("%j is told before anything is started", (words, message) => {
  expect(() => parseOptions(words)).toThrow(BadOptions);
  expect(() => parseOptions(words)).toThrow(message);
});

test("a drill moves a primary: where none is, there is nothing to begin from", () => {
  const from = (cloud: string) => () =>
    checkDirection(parseOptions(["--from", cloud, "--to", "gcp"]), ["aws", "azure", "gcp"], ["aws"]);
  expect(from("azure")).toThrow("try --from aws");
  expect(from("aws")).not.toThrow();
});
