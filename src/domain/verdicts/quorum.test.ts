import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Say, tallyOf } from "./quorum.ts";
import { type ClusterSight, type Sighting, SIGHTS, voicesOf } from "./sighting.ts";

type State = ClusterSight["state"];

function voice(vantage: string, cloud: string | null, state: State, isolated = false): Sighting {
  const clusters = { "aws-west": { state, reason: `${state} for ${vantage}` } };
  return { vantage, cloud, atMs: 0, isolated, clusters };
}

function sayOf(voices: readonly Sighting[]): Say {
  return tallyOf(voices, "aws-west", "aws").say;
}

const inside = (state: State) => voice("aws", "aws", state);
const outside = (...states: readonly State[]) => states.map((state, n) => voice(`outside-${n}`, null, state));

describe("a quorum", () => {
  test.each<[string, Sighting[], Say]>([
    ["two of three condemn", outside("fails", "fails", "answers"), "fails"],
    ["one of three does not", outside("fails", "answers", "answers"), "well"],
    ["one alone says nothing", outside("fails"), "too-few"],
    ["one alone cannot acquit either", outside("answers"), "too-few"],
    ["one against one settles nothing", outside("fails", "answers"), "split"],
    ["two of five do not condemn", outside("fails", "fails", "answers", "answers", "answers"), "well"],
    ["dead to one and slow to another is not well", outside("fails", "slow", "answers"), "ails"],
    ["dead to two is dead, though it is slow to a third", outside("fails", "slow", "fails"), "fails"],
    ["who does not see has no voice", outside("fails", "unseen", "unseen"), "too-few"],
    ["the cloud's own observer accuses nobody", [inside("fails"), ...outside("fails")], "too-few"],
    ["nor does it make a majority of a minority", [inside("fails"), ...outside("fails", "answers")], "split"],
    ["nor defends it", [inside("answers"), ...outside("fails", "fails")], "fails"],
    ["but it may be the second that finds it well", [inside("answers"), ...outside("answers")], "well"],
    ["and never the only one", [inside("answers")], "too-few"],
  ])("where %s", (_words, voices, say) => {
    expect(sayOf(voices)).toBe(say);
  });

  test("says by whom and why", () => {
    const tally = tallyOf(outside("fails", "fails", "answers"), "aws-west", "aws");
    expect(tally).toEqual({
      say: "fails",
      reason: "fails for outside-0 (as outside-0, outside-1 see it)",
      observers: 2,
    });
  });

  test("never condemns by fewer than two from outside, whoever else says what", () => {
    const states = fc.array(fc.constantFrom(...SIGHTS), { maxLength: 6 });
    fc.assert(
      fc.property(states, states, (own, others) => {
        const voices = [...own.map((state, n) => voice(`own-${n}`, "aws", state)), ...outside(...others)];
        const bad = others.filter((state) => state === "fails" || state === "slow").length;
        const say = sayOf(voices);
        const seen = others.filter((one) => one !== "unseen").length;
        expect([say, bad]).not.toEqual([expect.stringMatching(/fails|ails/), 0]);
        expect([say, bad]).not.toEqual([expect.stringMatching(/fails|ails/), 1]);
        expect(say === "well" && bad * 2 >= seen).toBe(false);
      }),
    );
  });
});

describe("the voices at a moment", () => {
  const at = (vantage: string, atMs: number, state: State) => ({ ...voice(vantage, null, state), atMs });
  const stateOf = (one: Sighting | undefined) => one?.clusters["aws-west"]?.state;

  test("are one for each vantage point, its latest", () => {
    const voices = voicesOf(
      [at("one", 100, "answers"), at("one", 300, "fails"), at("one", 200, "slow")],
      300,
      500,
    );
    expect(voices.map(stateOf)).toEqual(["fails"]);
  });

  test("are younger than the bound, also when the clock was set back", () => {
    const sightings = [at("old", 0, "fails"), at("new", 600, "fails"), at("ahead", 2_000, "fails")];
    expect(voicesOf(sightings, 1_000, 500).map(({ vantage }) => vantage)).toEqual(["new"]);
  });

  test("leave out who is cut off", () => {
    expect(voicesOf([voice("one", "gcp", "fails", true), voice("two", null, "fails")], 0, 500)).toHaveLength(
      1,
    );
  });
});
