/**
 * `ledger export RUN|--all --to DIR`: records that leave this machine, each as a page to read, as its events, and as the
 * head that signs them, with the public key beside. Only what is proved is exported.
 */
import { headLine } from "../../domain/ledger-head.ts";
import { ledgerLine } from "../../domain/ledger.ts";
import type { Call, Command, Context } from "../context.ts";
import { failed, malformed } from "../errors.ts";
import { EXIT } from "../exit.ts";
import { recordOf } from "../ledger-record.ts";
import { copiesOf, keyFor, ledgerFolders, PUBLIC_KEY_FILE, type Proved, proveIn } from "../ledger-source.ts";
import { flag, textOption } from "../options.ts";
import { exportIndex, narrative, type Recorded } from "../views/ledger-narrative.ts";
import { pageStyle } from "../views/style.ts";

export const ledgerExport: Command = async (call, context) => {
  const { outside, view, again } = context;
  const to = textOption(call, "to") ?? "";
  const folders = await ledgerFolders(context);
  const names = await namesOf(call, folders, context);
  const key = await keyFor(call, null, context);
  const all: Proved[] = [];
  for (const run of names) all.push(await proveIn(run, folders, { key, context }));
  const records = all.flatMap(recordOf);
  const left = all.filter((proved) => recordOf(proved).length === 0).map(({ proof }) => proof);
  if (records.length === 0) {
    throw failed({
      what: "nothing was exported",
      why: left.flatMap(({ run, faults }) => faults.map((fault) => `${run}: ${fault}`)).join("; "),
      next: again(["ledger", "verify"]),
    });
  }
  await outside.writeFolder(outside.resolvePath(to), filesOf(records, key.check, context));
  view.show({
    kind: "ledger-exported",
    data: {
      folder: to,
      installation: key.check.installation,
      runs: records.map(({ run, events }) => ({ run, events: events.length })),
      left: left.map(({ run, verdict, faults }) => ({ run, verdict, faults })),
    },
    text: () => [
      `${records.length} record(s) are in ${to}, signed by installation ${key.check.installation}.`,
      `To read: ${to}/README.md. To prove: ${again(["ledger", "verify", "--from", to])}`,
    ],
  });
  for (const { run, verdict } of left) view.message(`${run} is ${verdict} and was left out.`);
  return left.length === 0 ? EXIT.ok : EXIT.failed;
};

/** Throws `malformed` unless it is said what to export, and there is that. */
async function namesOf(call: Call, folders: readonly string[], context: Context): Promise<readonly string[]> {
  const [only] = call.args;
  const next = "./wildcam ledger export --help";
  if ((only === undefined) !== flag(call, "all")) {
    const why = "one run, or all of them";
    throw malformed({ what: "ledger export wants the name of a run or --all", why, next });
  }
  if (only !== undefined) {
    await copiesOf(only, folders, context);
    return [only];
  }
  const names = await context.outside.ledgerRuns(folders);
  if (names.length > 0) return names;
  throw malformed({ what: "there is nothing to export", why: "no run has been recorded", next });
}

function filesOf(
  records: readonly Recorded[],
  key: { readonly installation: string; readonly text: string },
  { io }: Context,
): ReadonlyMap<string, string> {
  const style = pageStyle(io);
  const files = new Map([
    ["README.md", exportIndex(records, key.installation, style)],
    [PUBLIC_KEY_FILE, key.text],
  ]);
  for (const record of records) {
    files.set(`${record.run}.jsonl`, record.events.map(ledgerLine).join(""));
    files.set(`${record.run}.head`, headLine(record.head));
    files.set(`${record.run}.md`, narrative(record, style));
  }
  return files;
}
