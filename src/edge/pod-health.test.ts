import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unprobed, withEvidence, type Evidence, type PodHealth } from "./pod-health.ts";

const answers = (status: number): Evidence => ({ kind: "answered", status });
const refuses: Evidence = { kind: "refused", why: "refuses connections" };
const breaks: Evidence = { kind: "broken", why: "ECONNRESET" };
const silent = (forMs: number, frozen: boolean): Evidence => ({ kind: "silent", forMs, frozen });

function after(...evidence: readonly Evidence[]): PodHealth {
  return evidence.reduce(
    (health, one, n) => withEvidence(health, one, { nowMs: n * 10_000, random: 0.5 }),
    unprobed(0),
  );
}

describe("a pod", () => {
  test.each([
    [[], "unknown", "not probed yet"],
    [[answers(200)], "ready", "answers /ready with 200"],
    [[answers(200), answers(503)], "unready", "answers /ready with 503"],
    [[answers(200), breaks], "suspect", "ECONNRESET"],
    [[answers(200), silent(500, false)], "suspect", "silent for 500 ms"],
    [[answers(200), silent(500, false), silent(1000, true)], "ejected", "silent for 1000 ms"],
    [[answers(200), refuses], "ejected", "refuses connections"],
    [[refuses, silent(500, false)], "ejected", "refuses connections"],
    [[refuses, answers(200)], "ready", "answers /ready with 200"],
  ])("after %j is %s", (evidence, state, why) => {
    expect(after(...evidence)).toMatchObject({ state, why });
  });

  test("that keeps refusing is left alone longer each time, up to a bound", () => {
    const waits: number[] = [];
    let health = unprobed(0);
    for (let nowMs = 0; waits.length < 8; nowMs = health.ejectedUntilMs ?? 0) {
      health = withEvidence(health, refuses, { nowMs, random: 0.5 });
      waits.push((health.ejectedUntilMs ?? 0) - nowMs);
    }
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  test("is not ejected for longer by the requests that were on their way when it was ejected", () => {
    const once = withEvidence(unprobed(0), refuses, { nowMs: 0, random: 0.5 });
    expect(withEvidence(once, refuses, { nowMs: 5, random: 0.5 })).toBe(once);
  });

  test("that flaps starts where its back-off was, and is forgiven after ten seconds of being ready", () => {
    const flapping = after(refuses, refuses, answers(200));
    expect(flapping).toMatchObject({ state: "ready", ejections: 2 });
    const soon = withEvidence(flapping, answers(200), { nowMs: 29_999, random: 0 });
    expect(soon.ejections).toBe(2);
    expect(withEvidence(soon, answers(200), { nowMs: 30_000, random: 0 }).ejections).toBe(0);
  });

  test("has an end of its ejection exactly while it is ejected, whatever happens", () => {
    const evidence = fc.constantFrom(
      answers(200),
      answers(503),
      refuses,
      breaks,
      silent(500, false),
      silent(1000, true),
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(evidence, fc.nat(3000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        ),
        (events) => {
          let health = unprobed(0);
          let nowMs = 0;
          for (const [one, passedMs, random] of events) {
            nowMs += passedMs;
            health = withEvidence(health, one, { nowMs, random });
            expect(health.state === "ejected").toBe(health.ejectedUntilMs !== null);
            expect((health.ejectedUntilMs ?? nowMs) - nowMs).toBeLessThanOrEqual(6000);
          }
        },
      ),
    );
  });
});
