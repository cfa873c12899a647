/**
 * What a night is about that nobody begins: clouds fail and come back at stated moments, those who look at them are in
 * trouble of their own, and people steer automation meanwhile. It is data, as the rest of a schedule.
 *
 * Actors: any of the world (`cloud/aws`), a vantage point (`vantage/aws`, `vantage/edge`), a server that decides (`server/1`),
 * and `automation`, which all servers tell.
 */
import { z } from "zod";
import { AUTOMATIC_ACTIONS, MODES } from "../domain/automatic-actions.ts";

const moment = z.int().min(0).max(3_600_000);

/** `cut-off`: everything fails for it, and it does not know why. `lossy`: half of what it asks. */
export const VANTAGE_KINDS = ["cut-off", "cut-off-knowing", "lossy", "slow", "lying", "silent"] as const;
/**
 * `deaf`: it hears no vantage point. `mute`: automation does not hear it. `misled`: it hears again and again what was said when
 * that began. `deluded`: whatever it hears, one cloud fails. The clock is set, and set back at the end.
 */
export const SERVER_KINDS = ["deaf", "mute", "misled", "deluded", "clock-ahead", "clock-behind"] as const;
/** Of what servers tell it: late, not at all, or heard and not answered. */
export const AUTOMATION_KINDS = ["slow", "unreachable", "lost-reply"] as const;

const trouble = z.strictObject({
  kind: z.string().min(1).max(60),
  actor: z.string().min(1).max(60),
  fromMs: moment,
  forMs: z.int().min(1).max(3_600_000),
});

const steering = z.discriminatedUnion("does", [
  z.strictObject({ does: z.literal("stop"), by: z.string().min(1).max(40), atMs: moment }),
  z.strictObject({ does: z.literal("start"), by: z.string().min(1).max(40), atMs: moment }),
  z.strictObject({
    does: z.literal("set-mode"),
    by: z.string().min(1).max(40),
    atMs: moment,
    action: z.enum(AUTOMATIC_ACTIONS),
    mode: z.enum(MODES),
  }),
  /** Somebody moves the service as planned. */
  z.strictObject({
    does: z.literal("move"),
    by: z.string().min(1).max(40),
    atMs: moment,
    from: z.string().min(1).max(40),
    to: z.string().min(1).max(40),
  }),
]);

export const watchSchema = z.strictObject({
  troubles: z.array(trouble).max(200),
  steering: z.array(steering).max(16).default([]),
  /** How many outages of a cloud may be answered in an hour; as the profile says, where it does not say. */
  runsPerHour: z.int().min(0).max(1_000).optional(),
});

export type Watch = z.output<typeof watchSchema>;
export type Trouble = Watch["troubles"][number];
export type Steering = Watch["steering"][number];

/** What somebody asks for who moves the service. */
export function moveOrder({ from, to }: Extract<Steering, { readonly does: "move" }>) {
  return { runbook: "manual-failover" as const, input: { from, to, database: "move" } };
}

/** Of an actor that is none of the world. */
export function watchersTrouble({ kind, actor }: Trouble, clouds: readonly string[]): string | null {
  const [noun = "", name = ""] = actor.split("/");
  const known = (kinds: readonly string[], names: readonly string[]): string | null =>
    kinds.includes(kind) && names.includes(name) ? null : `nobody can have the trouble ${kind}@${actor}`;
  switch (noun) {
    case "vantage":
      return known(VANTAGE_KINDS, [...clouds, "edge"]);
    case "server":
      return known(SERVER_KINDS, SERVERS);
    case "automation":
      return known(AUTOMATION_KINDS, [""]);
    default:
      return null;
  }
}

/** One in each cloud's group, as an installation of three members has them. */
export const SERVERS = ["1", "2", "3"] as const;

const OF_WATCHERS = /^(vantage\/|server\/|automation$)/;

export function isOfWatchers({ actor }: Pick<Trouble, "actor">): boolean {
  return OF_WATCHERS.test(actor);
}
