import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClusterEvidence, isTroubled, type Probed, sightOf, type Trail, withProbe } from "./evidence.ts";

const rules = { youngMs: 6_000, slowMs: 500, edgeLeads: true };

/** `.` answered, `s` late, `x` failed, `d` draining; the newest last, a quarter of a second apart, the last one now. */
function trail(marks: string, nowMs = 10_000): Trail {
  return [...marks].reduce<Trail>((before, mark, index) => {
    const atMs = nowMs - 250 * (marks.length - 1 - index);
    const result = mark === "x" ? "failed" : mark === "d" ? "draining" : "answered";
    const probed: Probed = { atMs, result, why: `mark ${mark}`, tookMs: mark === "s" ? 800 : 5 };
    return withProbe(before, probed);
  }, []);
}

function sight(pods: readonly string[] | null, users: string, edgeLeads = true) {
  const evidence: ClusterEvidence = {
    pods: pods?.map((marks) => trail(marks)) ?? null,
    throughEdge: trail(users),
  };
  return sightOf(evidence, 10_000, { ...rules, edgeLeads }).state;
}

describe("what an observer says of a cluster", () => {
  test.each<[string, readonly string[] | null, string, string]>([
    ["answers while its pods do", ["....", "...."], "....", "answers"],
    ["answers after one lost probe of each pod", ["...x", "...x"], "....", "answers"],
    ["answers when one of two pods is dead, as the edge goes round it", ["xxxx", "...."], "....", "answers"],
    ["is slow when two of three are", ["xxxx", "xxxx", "...."], "....", "slow"],
    ["fails when no pod answers on either way", ["..xx", "..xx"], "..xx", "fails"],
    ["fails as soon as two probes of each were lost", ["xx", "xx"], "xx", "fails"],
    ["is slow when only users get no answer", ["....", "...."], "xxxx", "slow"],
    ["answers when only the observer gets none", ["xxxx", "xxxx"], "....", "answers"],
    ["is slow when answers are late", ["ssss", "ssss"], "ssss", "slow"],
    ["is slow when half of the answers are errors", [".x.x.x.x", "x.x.x.x."], ".x.x.x.x", "slow"],
    ["is judged by the pods that stay, while others drain", ["dd", "...."], "....", "answers"],
    ["is not seen where nobody told of pods", null, "xxxx", "unseen"],
    ["is not seen where it is wanted empty", [], "xxxx", "unseen"],
    ["is not seen before a probe has come back", ["", ""], "", "unseen"],
  ])("%s", (_words, pods, users, state) => {
    expect(sight(pods, users)).toBe(state);
  });

  test("leaves the edge out where the edge leads to no cluster at all", () => {
    expect(sight(["....", "...."], "xxxx", false)).toBe("answers");
    expect(sight(["xxxx", "xxxx"], "xxxx", false)).toBe("fails");
  });

  test("says nothing once its evidence is old", () => {
    const evidence = { pods: [trail("xxxx")], throughEdge: trail("xxxx") };
    expect(sightOf(evidence, 10_000 + rules.youngMs, rules).state).toBe("unseen");
  });

  test("never says that it fails while a pod answered its last probe", () => {
    const marks = fc.string({ unit: fc.constantFrom(".", "s", "x"), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 4 }), marks, fc.boolean(), (pods, users, edgeLeads) => {
        const answers = pods.some((pod) => pod.endsWith(".") || pod.endsWith("s"));
        expect(answers && sight([...pods], users, edgeLeads) === "fails").toBe(false);
      }),
    );
  });
});

test("a trail keeps the last probes only, and the last two say whether to hurry", () => {
  expect(trail("xxxxxxxxxxxxxxx....").length).toBe(8);
  expect([isTroubled(trail("..x"), rules), isTroubled(trail("..s"), rules)]).toEqual([true, true]);
  expect([isTroubled(trail("x.."), rules), isTroubled([], rules)]).toEqual([false, false]);
});
