import { expect, test } from "vitest";
import type { DatabaseMemberFacts } from "../../domain/snapshot.ts";
import { checkStreaming } from "./databases.ts";

function member(changes: Partial<DatabaseMemberFacts>): DatabaseMemberFacts {
  const facts: DatabaseMemberFacts = {
    state: "running",
    role: "standby",
    writesBlocked: false,
    timeline: 2,
    position: "0/5000000",
    replayed: "0/5000000",
    stoppedCleanly: false,
    follows: "azure",
    streaming: true,
    lagMs: 0,
    synchronousNames: "",
    slots: [],
  };
  return { ...facts, ...changes };
}

const azure = member({ role: "primary", follows: null, streaming: false });

test("a diverged member that says streaming, on another timeline than what it follows, is not streaming", () => {
  const checked = checkStreaming({ aws: member({ timeline: 1 }), azure, gcp: member({}) });
  expect([checked["aws"]?.streaming, checked["gcp"]?.streaming]).toEqual([false, true]);
});

test("what a member says stands when the one that it follows cannot be asked", () => {
  const unknown = member({
    state: "unreachable",
    role: null,
    timeline: null,
    follows: null,
    streaming: false,
  });
  expect(checkStreaming({ aws: member({ timeline: 1 }), azure: unknown })["aws"]?.streaming).toBe(true);
});
