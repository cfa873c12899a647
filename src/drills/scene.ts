/** What every part of a drill knows of it. */
import type { LocalStatus } from "../drivers/local/world/status.ts";
import type { DrillOptions } from "./options.ts";

export type Say = (text: string) => void;

export type Scene = {
  readonly options: DrillOptions;
  readonly out: string;
  /** A folder of the drill's own, removed at its end. */
  readonly scratch: string;
  readonly status: LocalStatus;
  readonly say: Say;
  readonly signal: AbortSignal;
};

export function urlOf(status: LocalStatus, cloud: string): string {
  const found = status.databases.find((database) => database.cloud === cloud);
  if (found === undefined) throw new Error(`there is no database in ${cloud}`);
  return found.url;
}

export function primaryUrlOf(status: LocalStatus): string {
  const primary = status.databases.find(({ role }) => role === "primary");
  if (primary === undefined) throw new Error("the world has no primary");
  return primary.url;
}

export function thirdCloud(status: LocalStatus, { from, to }: DrillOptions): string {
  const third = status.databases.find(({ cloud }) => cloud !== from && cloud !== to);
  if (third === undefined) throw new Error("there is no third cloud");
  return third.cloud;
}
