/**
 * The way back of an act by hand, in the words of the `Hand` port: what each of its commands is the opposite of.
 * That these are the lines that the act's own undo would type is held by a test over all runbooks.
 */
import { z } from "zod";
import type { Hand } from "../ports/hand.ts";
import type { CourseAct } from "./sheet-course.ts";

const weights = z.object({ weights: z.record(z.string(), z.number()) });
const replicas = z.object({ replicas: z.number() });
const cluster = z.object({ cluster: z.string() });
const place = z.object({ database: z.string(), cloud: z.string() });
const slot = z.object({ slot: z.string() });
const member = z.object({
  role: z.enum(["primary", "standby"]).nullable(),
  follows: z.string().nullable(),
  writesBlocked: z.boolean(),
  synchronousNames: z.string(),
  slots: z.array(z.string()),
});

/** Lines; none when nothing is to be taken back; null when it cannot be, or when this program does not know how. */
export function takeBackLines({ op, params, before }: CourseAct, hand: Hand): readonly string[] | null {
  if (op === "set-weights") {
    const was = weights.safeParse(before);
    return was.success ? hand.setWeights(was.data.weights) : null;
  }
  if (op === "scale") {
    const [which, was] = [cluster.safeParse(params), replicas.safeParse(before)];
    return which.success && was.success ? hand.scale(which.data.cluster, was.data.replicas) : null;
  }
  const [at, was] = [place.safeParse(params), member.safeParse(before)];
  if (!at.success || !was.success) return null;
  return databaseLines(
    op,
    { at: at.data, was: was.data, slot: slot.safeParse(params).data?.slot ?? "" },
    hand,
  );
}

type Was = {
  readonly at: z.output<typeof place>;
  readonly was: z.output<typeof member>;
  readonly slot: string;
};

function databaseLines(op: string, { at, was, slot: name }: Was, hand: Hand): readonly string[] | null {
  switch (op) {
    case "block-writes":
      return was.writesBlocked ? [] : hand.database(at, { act: "unblock-writes" });
    case "unblock-writes":
      return was.writesBlocked ? hand.database(at, { act: "block-writes" }) : [];
    case "stop-cleanly":
      return was.role === "primary" ? hand.database(at, { act: "start-as-primary" }) : null;
    case "create-slot":
      return was.slots.includes(name) ? [] : hand.database(at, { act: "drop-slot", slot: name });
    case "drop-slot":
      return was.slots.includes(name) ? hand.database(at, { act: "create-slot", slot: name }) : [];
    case "set-synchronous":
      return hand.database(at, { act: "set-synchronous", names: was.synchronousNames });
    default:
      return upstreamLines(op, { at, was, slot: name }, hand);
  }
}

function upstreamLines(op: string, { at, was, slot: name }: Was, hand: Hand): readonly string[] | null {
  const { follows: primary } = was;
  if (op === "rebuild") return [];
  if (op === "detach")
    return primary === null ? [] : hand.database(at, { act: "attach", primary, slot: name });
  if (op !== "follow" || was.role !== "standby" || primary === null) return null;
  return hand.database(at, { act: "follow", primary, slot: name });
}
