import { expect, test } from "vitest";
import { COMMANDS } from "./command-table.ts";
import { EXIT } from "./exit.ts";
import { play } from "./testing/harness.ts";

test("a value that the command table does not know is told with those that it knows, without a call to anybody", async () => {
  const told: string[] = [];
  for (const { path, arguments: stated } of COMMANDS)
    for (const [place, { name, values }] of stated.entries()) {
      if (typeof values !== "object") continue;
      const words = stated.map((one, index) =>
        index === place || typeof one.values !== "object" ? "nonsense" : (one.values[0] ?? ""),
      );
      const { exit, err, calls } = await play([...path, ...words], { silent: true });
      expect({ path, name, exit, calls }).toEqual({ path, name, exit: EXIT.malformed, calls: [] });
      expect(err).toContain('"nonsense"');
      for (const value of values) expect(err).toContain(value);
      told.push([...path, name].join(" "));
    }
  expect(told).toContain("automation set MODE");
});
