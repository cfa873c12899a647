/** `ledger show RUN`: the record as it stands in the first store that has it. */
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { Command } from "../context.ts";
import { failed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { copiesOf, ledgerFolders } from "../ledger-source.ts";
import { argument } from "../options.ts";
import { columns } from "../views/columns.ts";
import { eventLine } from "../views/event-line.ts";
import type { Style } from "../views/view.ts";

export const ledgerShow: Command = async (call, context) => {
  const run = argument(call, 0);
  const copies = await copiesOf(run, await ledgerFolders(context), context);
  const copy = copies.find(({ events, fault }) => events.length > 0 && fault === null);
  if (copy === undefined) {
    const why = copies.map(({ store, fault }) => `${store}: ${fault ?? "empty"}`).join("; ");
    throw failed({
      what: `no copy of the ledger of ${run} can be read`,
      why,
      next: context.again(["ledger", "verify", run]),
    });
  }
  context.view.show({
    kind: "ledger",
    data: { run, store: copy.store, events: copy.events },
    text: (style) => [
      ...columns([
        ["run", run],
        ["file", copy.store],
      ]),
      "",
      ...copy.events.map((event) => lineOf(event, style)),
    ],
  });
  return EXIT.ok;
};

/** As while following, but here every event has its line: a record leaves nothing out. */
function lineOf(event: LedgerEvent, style: Style): string {
  const short = style.colors.dim(event.hash.slice(0, 8));
  const index = String(event.index).padStart(4);
  const text = eventLine(event, style) ?? `${style.colors.dim(style.clock(event.time))}  ${otherwise(event)}`;
  return `${index}  ${short}  ${text}`;
}

function otherwise({ type, data }: LedgerEvent): string {
  const said = [data["name"] ?? data["op"], data["outcome"] ?? data["result"]].filter(
    (value) => typeof value === "string",
  );
  return `${type.padEnd(9)} ${said.join(": ")}`.trimEnd();
}
