import { expect, test } from "vitest";
import { DeadlineMissed, isPassing, saysUnreachable } from "./failures.ts";
import { NotReplicated } from "./notices.ts";

function coded(code: string): Error {
  return Object.assign(new Error("from a database or a socket"), { code });
}

test("what a switchover throws is passing", () => {
  expect(
    ["25006", "57P01", "57P02", "57P03", "ECONNREFUSED", "ECONNRESET"].filter(
      (code) => !isPassing(coded(code)),
    ),
  ).toEqual([]);
  expect(isPassing(new Error("Connection terminated"))).toBe(true);
  expect(isPassing(new Error("Connection terminated unexpectedly"))).toBe(true);
  expect(isPassing(new DeadlineMissed("late"))).toBe(true);
  expect(isPassing(new NotReplicated("cancelled"))).toBe(true);
});

test("what can never succeed is not", () => {
  expect(["23503", "42P01", "22P02", "28P01", "42501"].filter((code) => isPassing(coded(code)))).toEqual([]);
  expect(isPassing(new Error("Cannot read properties of undefined"))).toBe(false);
  expect(isPassing("ECONNREFUSED")).toBe(false);
});

test("a database that answers, though not as wished, is not given up for reads", () => {
  expect(["25006", "40001", "57014", "53300"].filter((code) => saysUnreachable(coded(code)))).toEqual([]);
  expect(saysUnreachable(new Error("timeout exceeded when trying to connect"))).toBe(false);
  expect(["57P01", "ECONNREFUSED"].filter((code) => !saysUnreachable(coded(code)))).toEqual([]);
  expect(saysUnreachable(new DeadlineMissed("late"))).toBe(true);
});
