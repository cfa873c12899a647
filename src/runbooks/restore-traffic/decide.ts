/** How a cloud that was lost is brought back: pure, so that it can be read, tested and rehearsed. */
import { type Cloud, memberOf, primariesOf, type Snapshot, type Weights } from "../../domain/snapshot.ts";
import { shiftTowards, withShare } from "../../domain/weights.ts";
import type { Act, Check } from "../../engine/act.ts";
import { Refusal } from "../../engine/failures.ts";
import type { RunbookContext } from "../../engine/runbook.ts";
import { createSlot, rebuild, saysItStreams, setSynchronous } from "../acts/replication.ts";
import { lowerEach, raiseFor } from "../parts/capacity-plan.ts";
import { finalChecks, requireHealthyTarget, shiftActs } from "../parts/move-service.ts";
import {
  decidePrimaryMove,
  fewerNames,
  type PrimaryMove,
  slotIn,
  synchronousNames,
} from "../parts/primary-move.ts";

export type RestoreInput = { readonly cloud: Cloud; readonly primary: "stay" | "return" };

/** `slot` before `rebuild`; `synchronous` once it streams, where commits wait for standbys already. */
export type Standby = { readonly slot: Act; readonly rebuild: Act; readonly synchronous: Act | null };

export type RestorePlan = {
  /** For each database whose member there is no standby of the primary. */
  readonly standbys: readonly Standby[];
  readonly caughtUp: readonly Check[];
  /** Has commits wait for standbys again that are there again, where they did not. */
  readonly together: readonly Act[];
  /** Those who watch have called it healthy all the time, not only at the end of it. */
  readonly steady: Check;
  readonly capacity: readonly Act[];
  readonly shifts: readonly Act[];
  readonly moves: readonly PrimaryMove[];
  readonly lower: readonly Act[];
  readonly checks: readonly Check[];
};

const REBUILD_DEADLINE_MS = 120_000;
const CATCH_UP_MS = 60_000;

/** Throws Refusal, with facts, when the cloud is not healthy, its database cannot be made whole, or nothing is to be done. */
export function decideRestoration(
  facts: Snapshot,
  input: RestoreInput,
  context: RunbookContext,
): RestorePlan {
  const { cloud } = input;
  requireHealthyTarget(facts, cloud);
  const { standbys, caughtUp, together, moves } = decideDatabases(facts, input, context);
  const weights = restoredWeights(facts, cloud, context);
  const way = shiftTowards({
    from: facts.traffic.weights,
    to: weights,
    step: context.inventory.policies.restoreStep,
  });
  const raise = raiseFor(facts, context, { cloud, weights, floor: "usual", returning: true });
  // A region that carried another one's share comes down with the other clouds.
  const clouds = Object.keys(weights).filter((name) => isHealthy(facts, name));
  const lower = lowerEach(facts, context, { clouds, weights, floor: "usual", clusters: raise.clusters });
  const nothing = [way, standbys, together, moves, lower].every(({ length }) => length === 0);
  if (nothing)
    throw new Refusal(`${cloud} has its share, and its databases follow: there is nothing to restore`, {
      weights: facts.traffic.weights,
    });
  return {
    standbys,
    caughtUp,
    together,
    steady: healthyFor(cloud, context.profile.dwell),
    capacity: raise.acts,
    shifts: shiftActs(way, facts),
    moves,
    lower,
    checks: finalChecks(weights, moves),
  };
}

const isHealthy = (facts: Snapshot, cloud: Cloud) => facts.clouds[cloud]?.verdict === "healthy";

/** The inventory's share for it; what is left, for the others in proportion to what they have now. */
function restoredWeights(facts: Snapshot, cloud: Cloud, { inventory }: RunbookContext): Weights {
  const stated = inventory.edge.weights;
  const now = facts.traffic.weights;
  const isServing = (name: Cloud) => isHealthy(facts, name) && (now[name] ?? 0) > 0;
  const others = Object.keys(now).filter((name) => name !== cloud && (stated[name] ?? 0) > 0);
  // Where everybody else serves, it is the inventory's own spread again.
  return others.every(isServing)
    ? stated
    : withShare(now, cloud, Math.max(now[cloud] ?? 0, stated[cloud] ?? 0));
}

type Databases = Pick<RestorePlan, "standbys" | "caughtUp" | "together" | "moves">;

function decideDatabases(
  facts: Snapshot,
  { cloud, primary: wish }: RestoreInput,
  { inventory }: RunbookContext,
): Databases {
  const standbys: Standby[] = [];
  const caughtUp: Check[] = [];
  const together: Act[] = [];
  const moves: PrimaryMove[] = [];
  for (const [database, group] of Object.entries(inventory.databases)) {
    const primary = requireOnePrimary(facts, database, cloud);
    if (primary === cloud) continue;
    const own = memberOf(facts, database, cloud);
    if (own.state === "unreachable")
      throw new Refusal(`the member of ${database} in ${cloud} cannot be asked`, { database, cloud });
    const at = { database, cloud };
    const slot = slotIn(group, cloud);
    const others = Object.keys(group.members).filter((name) => name !== primary);
    const source = { database, cloud: primary };
    const alone = facts.databases[database]?.alone?.cloud === primary;
    const standing = others.filter(
      (name) => name === cloud || saysItStreams(memberOf(facts, database, name), primary),
    );
    // Names that are not there yet would have every commit wait again.
    const isWhole = !alone || standing.length >= group.synchronous;
    const names = isWhole ? synchronousNames(group, others) : fewerNames(group, standing);
    if (!saysItStreams(own, primary)) {
      standbys.push({
        slot: createSlot(source, slot),
        rebuild: rebuild(at, { primary, slot, deadlineMs: REBUILD_DEADLINE_MS }),
        synchronous: alone ? null : setSynchronous(source, names),
      });
    }
    // Behind its check, or every commit would wait for one that is still far behind.
    if (alone) together.push(setSynchronous(source, names, isWhole ? "together" : null));
    caughtUp.push(hasAll(at, primary));
    if (wish === "return") moves.push(decidePrimaryMove({ database, group, from: primary, to: cloud }));
  }
  return { standbys, caughtUp, together, moves };
}

/** A second one that still runs in the cloud that came back is what the rebuild ends. */
function requireOnePrimary(facts: Snapshot, database: string, cloud: Cloud): Cloud {
  const primaries = primariesOf(facts, database);
  const elsewhere = primaries.filter((name) => name !== cloud);
  const [primary, second] = elsewhere.length > 0 ? elsewhere : primaries;
  if (primary !== undefined && second === undefined) return primary;
  throw new Refusal(`${database} has ${primaries.length} primaries: ${primaries.join(", ") || "none"}`, {
    database,
    primaries,
  });
}

const STEADY_SLACK_MS = 10_000;

function healthyFor(cloud: Cloud, dwellMs: number): Check {
  return {
    title: `${cloud} has been called healthy for all of that time`,
    section: "traffic",
    deadlineMs: dwellMs + STEADY_SLACK_MS,
    judge: (facts) => {
      const { verdict = "unknown", sinceMs = facts.takenAtMs, observers = 0 } = facts.clouds[cloud] ?? {};
      const forMs = facts.takenAtMs - sinceMs;
      return { ok: verdict === "healthy" && forMs >= dwellMs, evidence: { verdict, forMs, observers } };
    },
  };
}

function hasAll(at: { readonly database: string; readonly cloud: Cloud }, primary: Cloud): Check {
  return {
    title: `${at.cloud} has all that ${primary} has, and replays as it comes`,
    section: "databases",
    deadlineMs: CATCH_UP_MS,
    judge: (facts) => {
      const { streaming, follows, lagMs, position, replayed } = memberOf(facts, at.database, at.cloud);
      const ok = streaming && follows === primary && lagMs === 0;
      return { ok, evidence: { follows, streaming, lagMs, received: position, replayed } };
    },
  };
}
