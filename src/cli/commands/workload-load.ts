/** `workload load DIR`: a Camera Trap Data Package into the primary of the local world, whole or not at all. */
import type { Command } from "../context.ts";
import { failed, unreachable } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { argument } from "../options.ts";
import { columns } from "../views/columns.ts";

export const workloadLoad: Command = async (call, context) => {
  const { outside, globals, view } = context;
  const stateDir = outside.resolvePath(globals.state);
  const status = await outside.localStatus(stateDir);
  if (status === null) {
    throw unreachable({
      what: "there is no database to load into",
      why: `no world is up in ${stateDir}`,
      next: "start it with npm start",
    });
  }
  const primary = status.databases.find(({ role }) => role === "primary");
  if (primary === undefined) {
    throw failed({
      what: "no database is primary at this moment",
      why: "a primary may just be moving",
      next: context.again(["status"]),
    });
  }
  const loaded = await outside.loadPackage(outside.resolvePath(argument(call, 0)), primary.url);
  const rows = Object.entries(loaded.tables).map(([table, { rows: all, inserted, changed, found }]) => [
    table,
    `${all}`,
    `${inserted}`,
    `${changed}`,
    `${found}`,
  ]);
  view.show({
    kind: "workload-loaded",
    data: { ...loaded, cloud: primary.cloud },
    text: () => [
      `${loaded.name} is in the database (${primary.cloud}).`,
      ...columns(
        [["TABLE", "ROWS", "NEW", "CHANGED", "THERE ALREADY"], ...rows],
        ["left", "right", "right", "right", "right"],
      ),
    ],
  });
  return EXIT.ok;
};
