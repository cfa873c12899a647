/**
 * Kills or freezes everything of one cloud: its keeper and all that is below it, PostgreSQL's backends included, which
 * are in sessions of their own.
 *
 * 1. Who is to be struck is found out first, so that the strike itself takes no longer than the signals.
 * 2. A process is struck by its identity, never by its number alone.
 * 3. What began while signals were sent is struck too: the tree is walked again until it holds nothing new.
 */
import { type ProcessIdentity, isRunning, signalIdentity } from "../processes/identity.ts";
import { withDescendants } from "../processes/process-tree.ts";
import { pollUntil } from "../processes/wait.ts";

const goneWithinMs = 5_000;
const walksMost = 10;

/** Answers when all are gone. `keeper` leads a process group of its own. */
export async function killGroup(keeper: ProcessIdentity): Promise<{ atMs: number; processes: number }> {
  const tree = withDescendants([keeper.pid]);
  const atMs = Date.now();
  signalGroup(keeper, "SIGKILL");
  for (const identity of tree) signalIdentity(identity, "SIGKILL");
  const gone = await pollUntil(() => (tree.some(isRunning) ? undefined : true), {
    withinMs: goneWithinMs,
    everyMs: 5,
  });
  if (gone !== undefined) return { atMs, processes: tree.length };
  const left = tree.filter(isRunning).map(({ pid }) => pid);
  throw new Error(`processes ${left.join(", ")} do not end`);
}

/** Answers whom it stopped, and when it began to. */
export function freezeGroup(keeper: ProcessIdentity): { atMs: number; frozen: ProcessIdentity[] } {
  const frozen: ProcessIdentity[] = [];
  const known = new Set<number>();
  const first = withDescendants([keeper.pid]);
  const atMs = Date.now();
  for (let walk = 0, tree = first; walk < walksMost; walk += 1, tree = withDescendants([keeper.pid])) {
    const fresh = tree.filter(({ pid }) => !known.has(pid));
    if (fresh.length === 0) break;
    for (const identity of fresh) {
      signalIdentity(identity, "SIGSTOP");
      known.add(identity.pid);
      frozen.push(identity);
    }
  }
  return { atMs, frozen };
}

/** Children first, so that no parent finds a child silent that still stands. */
export function thawGroup(frozen: readonly ProcessIdentity[]): void {
  for (const identity of frozen.toReversed()) signalIdentity(identity, "SIGCONT");
}

function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(leader)) return;
  try {
    process.kill(-leader.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
