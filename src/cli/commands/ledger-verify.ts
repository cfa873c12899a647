/**
 * `ledger verify [RUN]`: proves the record from the files alone, with nothing else up. What is looked at, and what each
 * verdict means, is in `domain/ledger-proof.ts`.
 */
import { formatDuration, type Milliseconds } from "../../domain/units.ts";
import { isProved, type Proof, type Verdict } from "../../domain/ledger-proof.ts";
import { isAuditLedger } from "../../domain/ledger.ts";
import type { Call, Command, Context } from "../context.ts";
import { malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { recordOf } from "../ledger-record.ts";
import { copiesOf, type Key, keyFor, ledgerFolders, type Proved, proveIn } from "../ledger-source.ts";
import { textOption } from "../options.ts";
import { type Cell, columns, wrapped } from "../views/columns.ts";
import { exportIndex, narrative } from "../views/ledger-narrative.ts";
import { pageStyle } from "../views/style.ts";
import type { Style } from "../views/view.ts";

export const ledgerVerify: Command = async (call, context) => {
  const source = await sourceOf(call, context);
  const [only] = call.args;
  if (only !== undefined) await copiesOf(only, source.folders, context);
  const names = only === undefined ? await context.outside.ledgerRuns(source.folders) : [only];
  const key = names.length === 0 ? null : await keyFor(call, source.exported, context);
  const all: Proved[] = [];
  if (key !== null) for (const run of names) all.push(await proveIn(run, source.folders, { key, context }));
  const runs = all.map(({ proof }) => proof);
  const pages =
    key === null || source.exported === null
      ? []
      : await pageFaults(all, { folder: source.exported, key, whole: only === undefined }, context);
  const ok = runs.every(isProved) && pages.length === 0;
  context.view.show({
    kind: "ledger-verified",
    data: {
      ok,
      stores: source.folders,
      installation: key?.check.installation ?? null,
      retentionMs: source.retentionMs,
      runs,
      pages,
    },
    text: (style) => verdictText(runs, { ...source, key, pages }, style),
  });
  for (const line of messages(runs, key)) context.view.message(line);
  return ok ? EXIT.ok : EXIT.failed;
};

type Source = {
  readonly folders: readonly string[];
  /** The folder of an export, when it is that which is proved. */
  readonly exported: string | null;
  readonly retentionMs: Milliseconds | null;
};

async function sourceOf(call: Call, context: Context): Promise<Source> {
  const exported = textOption(call, "from");
  if (exported === null) {
    const { inventory } = await context.inventory();
    const retentionMs = inventory.stores.retention.ledger;
    return { folders: await ledgerFolders(context), exported, retentionMs };
  }
  const folder = context.outside.resolvePath(exported);
  if ((await context.outside.ledgerRuns([folder])).length > 0)
    return { folders: [folder], exported, retentionMs: null };
  throw malformed({
    what: `there is no ledger in ${exported}`,
    why: "--from names the folder of an export",
    next: context.again(["ledger", "export", "--all", "--to", "DIR"]),
  });
}

/** The pages of an export are for people who will not read the events, so they must say what the events say. */
async function pageFaults(
  runs: readonly Proved[],
  of: { readonly folder: string; readonly key: Key; readonly whole: boolean },
  context: Context,
): Promise<string[]> {
  const { outside } = context;
  const style = pageStyle(context.io);
  const records = runs.flatMap(recordOf);
  const wanted = new Map(records.map((record) => [`${record.run}.md`, narrative(record, style)]));
  if (of.whole) wanted.set("README.md", exportIndex(records, of.key.check.installation, style));
  const faults: string[] = [];
  for (const [name, text] of wanted) {
    const found = await outside.readText(outside.resolvePath(of.folder, name));
    if (found === null) faults.push(`${name} is missing`);
    else if (found !== text) faults.push(`${name} does not say what this program makes of the events`);
  }
  return faults;
}

function verdictText(
  runs: readonly Proof[],
  {
    folders,
    key,
    retentionMs,
    pages,
  }: Source & { readonly key: Key | null; readonly pages: readonly string[] },
  { colors }: Style,
): string[] {
  if (key === null) return [`No run has been recorded in ${folders.join(", ")}.`];
  const paints = {
    holds: colors.green,
    open: colors.yellow,
    unsettled: colors.red,
    foreign: colors.red,
    broken: colors.red,
  };
  const rows = runs.map(({ run, verdict, events, head }): Cell[] => [
    run,
    { text: verdict, paint: paints[verdict] },
    `${events}`,
    (head ?? "").slice(0, 16),
  ]);
  const faults = runs.flatMap(({ run, faults: found }) =>
    found.flatMap((fault) => wrapped(`${run}: ${fault}`, 96)),
  );
  const kept = retentionMs === null ? "" : `; kept for ${formatDuration(retentionMs)}`;
  return [
    ...columns([["RUN", "RECORD", "EVENTS", "HEAD"], ...rows], ["left", "left", "right", "left"]),
    ...(faults.length + pages.length === 0 ? [] : ["", ...faults, ...pages]),
    "",
    `Heads are those of installation ${key.check.installation}${kept}.`,
  ];
}

/** What a person does about each verdict that is no plain yes. */
function messages(runs: readonly Proof[], key: Key | null): string[] {
  const count = (wanted: Verdict) => runs.filter(({ verdict }) => verdict === wanted).length;
  const lines: string[] = [];
  // The installation's own ledger never ends.
  if (runs.some(({ run, verdict }) => verdict === "open" && !isAuditLedger(run)))
    lines.push("open: whole and signed as far as it goes; the run has not ended.");
  if (count("unsettled") > 0)
    lines.push(
      "unsettled: ends as after a crash, or as after an addition by hand. The orchestrator settles it when it",
      "goes on with the run; if it does not, treat it as broken.",
    );
  if (count("foreign") > 0)
    lines.push(
      "foreign: another installation's. If you trust that one, name its public key with --key FILE.",
    );
  if (count("broken") > 0)
    lines.push(
      `${count("broken")} of ${runs.length} record(s) cannot be trusted. Keep the files as they are.`,
    );
  if (key?.ofExport === true)
    lines.push(
      `Proved by the key in the export itself. Compare installation ${key.check.installation} with one that you`,
      "know from elsewhere, or name a key that you trust with --key FILE.",
    );
  return lines;
}
