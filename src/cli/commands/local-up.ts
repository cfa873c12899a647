/** `local up`: three clouds on this machine, in a process of their own or in this one. */
import { selectProfile } from "../../domain/inventory/profile.ts";
import type { Call, Command, Context, LocalStatus, Upheld, UpOrder } from "../context.ts";
import { interrupted, malformed, refused } from "../errors.ts";
import { EXIT, type Exit } from "../exit.ts";
import { localStatusText } from "../local-status-text.ts";
import { flag, textOption } from "../options.ts";

export async function parseUp(call: Call, { outside, globals, io, view }: Context): Promise<UpOrder> {
  const edgePort = portOption(call);
  const [ha, partitions] = [flag(call, "ha"), flag(call, "partitions")];
  if (ha && partitions) throw notBoth();
  const { inventory, path } = await outside.inventory(globals.inventory);
  const profile = textOption(call, "profile") ?? "drill";
  selectProfile(inventory, profile);
  return {
    stateDir: outside.resolvePath(globals.state),
    inventoryFile: path,
    profile,
    edgePort,
    ha,
    partitions,
    signal: io.interrupted,
    onProgress: ({ what, tookMs }) => view.message(`${(tookMs / 1000).toFixed(1).padStart(6)} s  ${what}`),
  };
}

export const localUp: Command = async (call, context) => {
  const order = await parseUp(call, context);
  const { outside, view } = context;
  const already = await outside.localStatus(order.stateDir);
  if (flag(call, "foreground")) {
    if (already !== null) {
      const why = "one world at a time in a state folder";
      throw refused({
        what: `a world is up in ${order.stateDir} already`,
        why,
        next: context.again(["local", "down"]),
      });
    }
    return upInForeground(order, context);
  }
  if (already !== null) view.message("It was up already.");
  const status = already ?? (await outside.localUpDetached(order));
  view.show(upDocument(status, context));
  return EXIT.ok;
};

async function upInForeground(order: UpOrder, context: Context): Promise<Exit> {
  const { io, view } = context;
  view.message(
    order.ha
      ? "Bringing up three clouds, an edge and an orchestrator of three members ..."
      : "Bringing up three clouds, an edge and an orchestrator ...",
  );
  const world = await arrived(order, context);
  try {
    view.show(upDocument(world.status, context));
    view.message("Ctrl-C takes it down.");
    await firstOf(aborted(io.interrupted), world.ended);
  } finally {
    view.message("\nTaking it down ...");
    await world.down();
  }
  view.message("It is down; its state is kept. To remove that: ./wildcam local down --purge");
  return EXIT.ok;
}

async function arrived(order: UpOrder, { io, outside }: Context): Promise<Upheld> {
  try {
    return await outside.localUp(order);
  } catch (error) {
    // What was up already has been taken down again by then.
    throw io.interrupted.aborted ? interrupted() : error;
  }
}

async function firstOf(...promises: readonly Promise<void>[]): Promise<void> {
  await Promise.race(promises);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function upDocument(status: LocalStatus, { again }: Context) {
  const [from = "aws", to = "azure"] = cloudsByRole(status);
  const worthTrying = [
    again(["status"]),
    again(["plan", "manual-failover", "--from", from, "--to", to]),
    again(["run", "manual-failover", "--from", from, "--to", to]),
  ];
  return {
    kind: "local-up",
    data: { status, next: worthTrying },
    text: () => [
      ...localStatusText(status),
      "",
      "Worth trying next:",
      ...worthTrying.map((line) => `  ${line}`),
    ],
  };
}

/** The primary's cloud first, so that what is suggested would move something. */
function cloudsByRole({ databases }: LocalStatus): string[] {
  const primaryFirst = databases.toSorted(
    (left, right) => Number(right.role === "primary") - Number(left.role === "primary"),
  );
  return primaryFirst.map(({ cloud }) => cloud);
}

function notBoth() {
  return malformed({
    what: "--ha and --partitions do not go together",
    why: "three members talk to each other directly, past the links that are cut",
    next: "./wildcam local up --help",
  });
}

function portOption(call: Call): number | null {
  const text = textOption(call, "edgePort");
  if (text === null) return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw malformed({
    what: `--edge-port wants a port from 1 to 65535, got ${JSON.stringify(text)}`,
    why: "the edge listens there",
    next: "./wildcam local up --help",
  });
}
