/**
 * `runbook check-upgrade`: which runs in flight would be stranded by this checkout's code. To be asked before a deploy.
 * Without an orchestrator the ledgers on disk are looked at, and that they are not the last word is said by the exit code.
 */
import { hasEnd } from "../../domain/ledger.ts";
import type { Command, Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { ledgerFolders } from "../ledger-source.ts";
import { type Cell, columns } from "../views/columns.ts";

type Row = {
  readonly run: string;
  readonly codeVersion: string | null;
  /** The durable engine's word for it; null when only its ledger is known. */
  readonly status: string | null;
  readonly stranded: boolean;
};

export const runbookCheckUpgrade: Command = async (_call, context) => {
  const here = await context.outside.codeVersion();
  const asked = await inFlight(context);
  const runs = asked.runs.map((one): Row => ({ ...one, stranded: one.codeVersion !== here }));
  const stranded = runs.filter((one) => one.stranded);
  context.view.show({
    kind: "upgrade",
    data: { checkout: here, server: asked.server, source: asked.source, runs },
    text: ({ colors }) => [
      `this checkout  ${here}`,
      `the server     ${asked.server ?? "does not answer"}`,
      ...(runs.length === 0 ? ["No run is in flight."] : table(runs, colors)),
    ],
  });
  for (const line of advice(stranded, asked.trouble, context)) context.view.message(line);
  if (asked.trouble !== null) return EXIT.unreachable;
  return stranded.length === 0 ? EXIT.ok : EXIT.refused;
};

type Paint = (text: string) => string;
type Colors = { readonly red: Paint; readonly green: Paint };

function table(runs: readonly Row[], colors: Colors): string[] {
  const rows = runs.map(({ run, codeVersion, status, stranded }): Cell[] => [
    run,
    codeVersion ?? "not known",
    status ?? "by its ledger",
    stranded ? { text: "would be stranded", paint: colors.red } : { text: "goes on", paint: colors.green },
  ]);
  return columns(
    [["RUN", "CODE", "ENGINE", "UNDER THIS CHECKOUT"], ...rows],
    ["left", "left", "left", "left"],
  );
}

function advice(stranded: readonly Row[], trouble: string | null, context: Context): string[] {
  const [first] = stranded;
  return [
    ...(trouble === null
      ? []
      : [`the orchestrator cannot be asked: ${trouble}; this is what the ledgers on disk say`]),
    ...(first === undefined
      ? []
      : [
          `${stranded.length} run(s) would not be executed by this code: let them end first, or have an admin abandon them.`,
          `next: ${context.again(["run", "show", first.run])}`,
        ]),
  ];
}

type Asked = {
  readonly server: string | null;
  readonly source: "orchestrator" | "ledgers";
  readonly trouble: string | null;
  readonly runs: readonly Omit<Row, "stranded">[];
};

async function inFlight(context: Context): Promise<Asked> {
  try {
    const api = await context.api();
    const { here, runs } = await api.upgrade();
    const rows = runs.map(({ run, codeVersion, status }) => ({ run, codeVersion, status }));
    return { server: here.codeVersion, source: "orchestrator", trouble: null, runs: rows };
  } catch (error) {
    if (!(error instanceof CliError) || error.problem.exit !== EXIT.unreachable) throw error;
    return { server: null, source: "ledgers", trouble: error.problem.why, runs: await openLedgers(context) };
  }
}

async function openLedgers(context: Context): Promise<Omit<Row, "stranded">[]> {
  const folders = await ledgerFolders(context);
  const rows: Omit<Row, "stranded">[] = [];
  for (const run of await context.outside.ledgerRuns(folders)) {
    const copies = await context.outside.ledgerCopies(folders, run);
    if (copies.some(({ events }) => hasEnd(events))) continue;
    const first = copies.find(({ events }) => events.length > 0)?.events[0];
    // The installation's own ledger is no run's.
    if (first !== undefined && first.type !== "run-started") continue;
    const version = first?.data["codeVersion"];
    rows.push({ run, codeVersion: typeof version === "string" ? version : null, status: null });
  }
  return rows;
}
