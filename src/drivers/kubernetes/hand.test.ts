import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { DatabaseAct } from "../../ports/databases.ts";
import type { Hand } from "../../ports/hand.ts";
import { loadInventory } from "../inventory/load.ts";
import { kubernetesHand } from "./hand.ts";

let inventory: Inventory;
let hand: Hand;

beforeAll(async () => {
  ({ inventory } = await loadInventory("inventory.yaml"));
  hand = kubernetesHand(inventory);
});

const at = { database: "wildlifedb", cloud: "azure" };
const acts: readonly DatabaseAct[] = [
  { act: "block-writes" },
  { act: "unblock-writes" },
  { act: "stop-cleanly" },
  { act: "start-as-primary" },
  { act: "promote" },
  { act: "follow", primary: "aws", slot: "standby_azure" },
  { act: "create-slot", slot: "standby_gcp" },
  { act: "drop-slot", slot: "standby_gcp" },
  { act: "set-synchronous", names: "ANY 1 (standby_aws, standby_gcp)" },
];

/** The words that a shell would hand to kubectl. */
function wordsOf(line: string): string[] {
  const { stdout, status } = spawnSync("sh", ["-c", `kubectl() { printf '%s\\0' "$@"; }; ${line}`], {
    encoding: "utf8",
  });
  expect({ line, status }).toEqual({ line, status: 0 });
  return stdout.split("\0").slice(0, -1);
}

describe("by hand on Kubernetes", () => {
  test("every line is one kubectl command that names its context and namespace, for every act", () => {
    const lines = [
      ...acts.flatMap((act) => hand.database(at, act)),
      ...hand.setWeights({ aws: 0, azure: 67, gcp: 33 }),
      ...hand.scale("azure-east", 3),
    ];
    expect(lines.length).toBeGreaterThan(acts.length);
    for (const line of lines) {
      const [context, namespace, verb] = wordsOf(line);
      expect(context).toMatch(/^--context=/);
      expect(namespace).toBe("--namespace=wildcam");
      expect(["exec", "patch", "scale", "rollout"]).toContain(verb);
      expect(line).not.toMatch(/<|TBD|password=/);
    }
  });

  test("weights are set on the route of every cluster, whole", () => {
    const lines = hand.setWeights({ aws: 0, azure: 67, gcp: 33 });
    expect(lines.map((line) => wordsOf(line)[0])).toEqual(
      Object.values(inventory.clusters).map(({ context }) => `--context=${context}`),
    );
    const patch: unknown = JSON.parse(
      wordsOf(lines[0] ?? "")
        .at(-1)
        ?.replace("--patch=", "") ?? "",
    );
    expect(patch).toMatchObject([{ value: [{ weight: 0 }, { weight: 67 }, { weight: 33 }] }]);
  });

  test("a database member is spoken to in its cloud's primary cluster, with its statements as single words", () => {
    const [line = ""] = hand.database(at, { act: "create-slot", slot: "standby_gcp" });
    const words = wordsOf(line);
    expect(words[0]).toBe("--context=azure-west");
    expect(words.at(-1)).toContain("pg_create_physical_replication_slot('standby_gcp', true)");
  });

  test("a hostile name stays one word and one literal", () => {
    const slot = "x'); DROP TABLE observations; --\n$(echo substituted)";
    const words = wordsOf(hand.database(at, { act: "drop-slot", slot })[0] ?? "");
    expect(words.at(-1)).toContain("slot_name = 'x''); DROP TABLE observations; --\n$(echo substituted)'");
  });

  test("what the inventory does not name is refused, not guessed", () => {
    expect(() => hand.scale("azure-north", 3)).toThrow("azure-north");
    expect(() => hand.database({ database: "other", cloud: "aws" }, { act: "promote" })).toThrow("other");
    expect(() => hand.database({ database: "wildlifedb", cloud: "oracle" }, { act: "promote" })).toThrow(
      "oracle",
    );
  });
});
