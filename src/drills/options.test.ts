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

test("there is one member of the orchestrator unless three are asked for", () => {
  for (const drill of ["planned-failover", "interrupted", "outage"]) {
    expect(parseOptions([drill]).ha).toBe(false);
    expect(parseOptions([drill, "--ha"]).ha).toBe(true);
  }
});

test("the outage drill kills aws once unless told otherwise, and wants no direction", () => {
  expect(parseOptions(["outage"])).toMatchObject({
    drill: "outage",
    ratePerSecond: 200,
    outage: { cloud: "aws", fault: "kill", repeat: 1 },
  });
  const words = ["outage", "--cloud", "gcp", "--fault", "freeze", "--repeat", "3", "--sabotage", "no-fence"];
  const options = parseOptions(words);
  expect(options).toMatchObject({
    sabotage: "no-fence",
    outage: { cloud: "gcp", fault: "freeze", repeat: 3 },
  });
  expect(() => checkDirection(options, ["aws", "azure", "gcp"], ["aws"])).not.toThrow();
  expect(() => checkDirection(options, ["aws", "azure", "gpc"], ["aws"])).toThrow(
    '--cloud: there is no cloud "gcp" (did you mean gpc?)',
  );
});

test.each([
  [["interupted"], 'there is no "interupted" (did you mean interrupted?)'],
  [["interrupted", "again"], "expected one drill, got interrupted again"],
  [["interrupted", "--kills", "0"], '--kills: expected a whole number from 1 to 1000, got "0"'],
  [["--kills", "5"], "--kills: only for the drill interrupted"],
  [["--sabotage", "twice"], "--sabotage twice: only for the drill interrupted"],
  [["outage", "--fault", "kil"], '--fault: there is no "kil" (did you mean kill?)'],
  [["outage", "--fault", "partition", "--ha"], "--ha: not with --fault partition"],
  [["outage", "--repeat", "0"], '--repeat: expected a whole number from 1 to 100, got "0"'],
  [
    ["outage", "--sabotage", "skip-hold"],
    "--sabotage skip-hold: only for the drill planned-failover or interrupted",
  ],
  [["--sabotage", "no-fence"], "--sabotage no-fence: only for the drill outage"],
  [["--cloud", "aws"], "--cloud: only for the drill outage"],
  [["interrupted", "--repeat", "2"], "--repeat: only for the drill outage"],
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
